//! One process of a function.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, PipeReader},
    path::Path,
    process::{ExitStatus, Stdio},
};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, Command};

use super::groups;

/// A running process that does not outlive this value, nor does anything of its process group. Both end with us, too, however
/// we end; only a program that has left the group, as a daemon does, escapes.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    group: Option<Pid>,
}

impl Process {
    /// Starts an executable with exactly these variables. Its standard output and error come out of one pipe, so that they
    /// stay in order.
    pub(super) fn start(
        executable: &Path,
        folder: &Path,
        variables: &BTreeMap<String, String>,
    ) -> io::Result<(Self, PipeReader)> {
        let (output, input) = io::pipe()?;
        let mut command = Command::new(executable);
        command
            .env_clear()
            .envs(variables)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(input.try_clone()?)
            .stderr(input)
            // Of its own, so that Ctrl-C in a terminal reaches the stack alone, and that a kill takes all of it.
            .process_group(0)
            .kill_on_drop(true);
        let child = command.spawn()?;
        let group = child
            .id()
            .and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        if let Some(group) = group {
            groups::add(group);
        }
        Ok((Self { child, group }, output))
    }

    /// The process id, while it has one.
    pub(super) fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Waits for its end.
    pub(super) async fn ended(&mut self) -> io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// Kills it and the rest of its group, and waits for its end.
    pub(super) async fn kill(&mut self) -> io::Result<ExitStatus> {
        self.kill_group();
        self.child.wait().await
    }

    /// Stops it while it has nothing to do.
    pub(super) fn freezer(&self) -> Option<Freezer> {
        self.group.map(|group| Freezer { group })
    }

    fn kill_group(&self) {
        if let Some(group) = self.group {
            signal(group, Signal::KILL);
        }
    }
}

/// Stops a process and the rest of its group, and lets it go on.
#[derive(Debug)]
pub(super) struct Freezer {
    group: Pid,
}

impl Freezer {
    /// No instruction runs from now on.
    pub(super) fn freeze(&self) {
        signal(self.group, Signal::STOP);
    }

    /// It goes on where it was stopped.
    pub(super) fn thaw(&self) {
        signal(self.group, Signal::CONT);
    }
}

/// One that has ended needs no signal any more.
pub(super) fn signal(group: Pid, signal: Signal) {
    if let Err(error) = kill_process_group(group, signal)
        && error != rustix::io::Errno::SRCH
    {
        tracing::warn!("a process of a function could not be sent {signal:?}: {error}");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill_group();
        if let Some(group) = self.group {
            groups::remove(group);
        }
    }
}

/// The most memory that a process has used so far, in MB; `None` when it has ended.
pub(super) fn peak_memory_mb(id: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim_end().parse().ok()?;
    Some(kilobytes.div_ceil(1024))
}
