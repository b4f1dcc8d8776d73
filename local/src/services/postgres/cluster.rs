//! A PostgreSQL server's programs and the folder of its data.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Stdio,
    thread::sleep,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::Command;
use tracing::debug;

use crate::services::{
    Place, ServiceError,
    account::Account,
    install::{Package, install, private_folder},
    program,
};

/// How long a server that another stack has left behind may take to end.
const LEFTOVER: Duration = Duration::from_secs(10);

/// Where the data of one server are, and which programs run it.
#[derive(Debug, Clone)]
pub(super) struct Cluster {
    /// Of the programs.
    programs: PathBuf,
    /// Such as `15.18`.
    pub(super) version: String,
    /// Holds `data` and `log`.
    pub(super) folder: PathBuf,
    /// Whom the server runs as, and who owns the data.
    pub(super) account: Account,
}

impl Cluster {
    /// The programs that fit what is in `folder`: of the same major version when it holds data, otherwise the newest.
    pub(super) async fn find(place: &Place, folder: PathBuf) -> Result<Self, ServiceError> {
        let private = private_folder(&place.root);
        let reachable = |folder: &PathBuf| place.account.reaches(folder);
        let find = || {
            program::postgres_folders(&private)
                .into_iter()
                .filter(reachable)
                .collect::<Vec<_>>()
        };
        let mut found = find();
        let mut failure = None;
        if found.is_empty() {
            failure = install(
                Package::Postgres,
                place.install,
                &place.root,
                &place.progress,
            )
            .await
            .err();
            found = find();
        }
        let mut clusters = Vec::new();
        for programs in found {
            let version = version(&programs.join("postgres")).await?;
            clusters.push(Self {
                programs,
                version,
                folder: folder.clone(),
                account: place.account.clone(),
            });
        }
        let first = clusters
            .first()
            .cloned()
            .ok_or_else(|| Package::Postgres.missing(failure))?;
        let Ok(wanted) = fs::read_to_string(first.data().join("PG_VERSION")) else {
            return Ok(first);
        };
        let wanted = wanted.trim().to_owned();
        let found = first.version.clone();
        let fits = |cluster: &Self| cluster.version.split('.').next() == Some(&wanted);
        clusters
            .into_iter()
            .find(fits)
            .ok_or(ServiceError::OtherVersion {
                dir: folder,
                wanted,
                found,
            })
    }

    /// The same programs for another folder.
    pub(super) fn at(&self, folder: PathBuf) -> Self {
        Self {
            folder,
            ..self.clone()
        }
    }

    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }

    pub(super) fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    /// Whether `pg_stat_statements` is part of this installation.
    pub(super) fn has_statement_statistics(&self) -> bool {
        let near = ["../lib", "../lib/postgresql"]
            .into_iter()
            .map(|folder| self.programs.join(folder));
        near.into_iter().any(|folder| {
            ["so", "dylib"]
                .into_iter()
                .any(|ending| folder.join(format!("pg_stat_statements.{ending}")).exists())
        })
    }

    /// Creates the data when there are none; ends a server that a crashed stack has left running on them.
    pub(super) async fn init_or_take_over(&self, place: &Place) -> Result<(), ServiceError> {
        if self.data().join("PG_VERSION").exists() {
            end_leftover(&self.folder);
            return Ok(());
        }
        place.progress.step(&format!(
            "Creating a PostgreSQL {} database in {}",
            self.version,
            self.folder.display()
        ));
        self.init(true).await
    }

    /// Creates the data; `sync` waits until they are on the disk. They have their name only when they are whole: `initdb` writes
    /// `PG_VERSION` first, and may be ended by a Ctrl-C right after.
    pub(super) async fn init(&self, sync: bool) -> Result<(), ServiceError> {
        let unfinished = self.folder.join("data.unfinished");
        for leftover in [&unfinished, &self.data()] {
            if leftover.exists() {
                fs::remove_dir_all(leftover).map_err(ServiceError::io(
                    "removing a database that was never finished",
                ))?;
            }
        }
        self.account.give(&self.folder)?;
        self.initdb(&unfinished, sync).await?;
        fs::rename(unfinished, self.data()).map_err(ServiceError::io("keeping a new database"))
    }

    async fn initdb(&self, data: &Path, sync: bool) -> Result<(), ServiceError> {
        let mut command = self.account.command(&self.program("initdb"));
        command.arg("-D").arg(data);
        command.args([
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
        ]);
        if !sync {
            command.arg("--no-sync");
        }
        command.current_dir(&self.folder);
        run(command).await
    }
}

/// Runs a program to its end.
pub(super) async fn run(mut command: Command) -> Result<(), ServiceError> {
    let program = command
        .as_std()
        .get_program()
        .to_string_lossy()
        .into_owned();
    let output = command
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await;
    let output = output.map_err(ServiceError::io(format!("running {program}")))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(ServiceError::Failed {
        program,
        status: output.status,
        output: said,
    })
}

/// From `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`.
async fn version(postgres: &Path) -> Result<String, ServiceError> {
    let output = Command::new(postgres)
        .arg("--version")
        .stdin(Stdio::null())
        .output()
        .await;
    let output = output.map_err(ServiceError::io(format!("running {}", postgres.display())))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let version = said
        .split_whitespace()
        .find(|word| word.starts_with(|first: char| first.is_ascii_digit()));
    version.map(str::to_owned).ok_or_else(|| {
        let unknown = io::Error::other(format!("it calls itself {said:?}"));
        ServiceError::io(format!("asking {} for its version", postgres.display()))(unknown)
    })
}

/// Ends the server that still runs on `folder`, which is locked by us, and removes the file by which it would keep a new
/// one out. The number in that file may meanwhile be another process, which is left alone.
pub(in crate::services) fn end_leftover(folder: &Path) {
    let file = folder.join("data/postmaster.pid");
    let Some(pid) = fs::read_to_string(&file)
        .ok()
        .and_then(|content| content.lines().next()?.trim().parse().ok())
    else {
        return;
    };
    if let Some(pid) = Pid::from_raw(pid).filter(|pid| runs_on(*pid, folder))
        && kill_process(pid, Signal::INT).is_ok()
    {
        let deadline = Instant::now() + LEFTOVER;
        while runs_on(pid, folder) && Instant::now() < deadline {
            sleep(Duration::from_millis(10));
        }
    }
    if let Err(error) = fs::remove_file(file) {
        debug!(%error, "the server that ended has removed its file");
    }
}

/// Whether the command line of that process names the folder.
fn runs_on(pid: Pid, folder: &Path) -> bool {
    let pid = pid.as_raw_pid().to_string();
    let line = fs::read(format!("/proc/{pid}/cmdline")).or_else(|_| {
        let ps = std::process::Command::new("ps")
            .args(["-o", "command=", "-p", &pid])
            .stderr(Stdio::null())
            .output();
        ps.map(|output| output.stdout)
    });
    let folder = folder.to_string_lossy();
    line.is_ok_and(|line| String::from_utf8_lossy(&line).contains(folder.as_ref()))
}
