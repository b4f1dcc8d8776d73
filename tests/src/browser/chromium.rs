//! The Chromium of this machine.

use std::{
    env,
    path::{Path, PathBuf},
};

use super::install::{find_or_install, install};

/// What distributions call it.
const NAMES: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

/// Names another program than the one that would be found.
const VARIABLE: &str = "CHROMIUM";

/// A browser that can be started.
#[derive(Debug, Clone)]
pub(super) struct Chromium {
    program: PathBuf,
}

impl Chromium {
    /// The one of `CHROMIUM`, of the path, or of `.local`; one that has just been installed there or by the package manager
    /// otherwise. None, with a notice, where all of that fails; in CI that is a failure.
    pub(super) async fn find_or_install() -> Option<Self> {
        let missing = format!(
            "no Chromium: install the package chromium (Debian, Fedora) or google-chrome, or set {VARIABLE} to a program"
        );
        let left_out = "the tests of the page are left out";
        find_or_install(Self::find, install(), &missing, left_out).await
    }

    /// What to run.
    pub(super) fn program(&self) -> &Path {
        &self.program
    }

    fn find() -> Option<Self> {
        let named = env::var_os(VARIABLE).map(PathBuf::from);
        let path = env::var_os("PATH").unwrap_or_default();
        let in_path = env::split_paths(&path)
            .flat_map(|folder| NAMES.map(|name| folder.join(name)))
            .find(|program| program.is_file());
        let program = named.or(in_path).or_else(|| {
            Some(super::install::private_program()).filter(|program| program.is_file())
        })?;
        Some(Self { program })
    }
}
