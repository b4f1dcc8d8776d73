//! The process groups of the functions that run. They end with this process, however that ends.
//!
//! The kernel can kill a child with its parent, but without unsafe code only a program in between, such as `setpriv`, can ask for
//! that, and it adds 0.7 ms to each start. Instead one shell is told of every group, which is a write into a pipe, and kills what is
//! left when our end of that has closed. Only a function that has not been told of yet, some microseconds after its start, escapes.

use std::{
    collections::HashSet,
    io::{self, Write},
    os::unix::process::CommandExt,
    process::{ChildStdin, Command, Stdio},
    sync::{LazyLock, Mutex, PoisonError},
};

use rustix::{
    io::ioctl_fionbio,
    process::{Pid, Signal},
};

use super::process::signal;

/// `+` and `-` with a group for each start and end.
const WATCH: &str = r#"
groups=' '
while read -r change group; do
    case $change in
        +) groups="$groups$group " ;;
        -) groups="${groups%% $group *} ${groups#* $group }" ;;
    esac
done
for group in $groups; do kill -s KILL -- "-$group"; done
"#;

static GROUPS: LazyLock<Groups> = LazyLock::new(|| Groups {
    running: Mutex::default(),
    watcher: Watcher::start()
        .inspect_err(|error| tracing::warn!("functions outlive a SIGKILL of this process: {error}"))
        .ok(),
});

struct Groups {
    running: Mutex<HashSet<Pid>>,
    watcher: Option<Watcher>,
}

/// The end of its pipe; the shell needs nothing else to know that this process has ended.
struct Watcher(ChildStdin);

/// Makes ready, so that the first function need not wait for it.
pub(super) fn prepare() {
    LazyLock::force(&GROUPS);
}

/// A group has started.
pub(super) fn add(group: Pid) {
    GROUPS.change(|running| running.insert(group), '+', group);
}

/// A group has been killed.
pub(super) fn remove(group: Pid) {
    GROUPS.change(|running| running.remove(&group), '-', group);
}

/// Kills the functions of every stack of this process, for an exit that waits for nothing.
pub fn kill_all() {
    let running = GROUPS.running.lock();
    for group in running.unwrap_or_else(PoisonError::into_inner).iter() {
        signal(*group, Signal::KILL);
    }
}

impl Groups {
    fn change(&self, apply: impl FnOnce(&mut HashSet<Pid>) -> bool, sign: char, group: Pid) {
        // The lock is held while the shell is told, so that it hears of a group's end after its start.
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if apply(&mut running)
            && let Some(watcher) = &self.watcher
            && let Err(error) = watcher.tell(sign, group)
        {
            tracing::debug!("the watcher of the functions was not told {sign}{group}: {error}");
        }
    }
}

impl Watcher {
    fn start() -> io::Result<Self> {
        let mut shell = Command::new("/bin/sh")
            .args(["-c", WATCH])
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Of its own, so that no signal of the terminal ends it before us.
            .process_group(0)
            .spawn()?;
        let pipe = shell.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
        // A shell that stands still must not keep the executor waiting.
        ioctl_fionbio(&pipe, true)?;
        Ok(Self(pipe))
    }

    fn tell(&self, sign: char, group: Pid) -> io::Result<()> {
        // One write, which a pipe takes as a whole or not at all.
        (&self.0).write_all(format!("{sign} {group}\n").as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use std::{os::unix::process::ExitStatusExt, process::Child};

    use super::*;

    fn sleeper() -> (Child, Pid) {
        let child = Command::new("sleep")
            .arg("60")
            .process_group(0)
            .spawn()
            .unwrap();
        let group = Pid::from_child(&child);
        (child, group)
    }

    #[test]
    fn what_runs_is_killed_with_the_end_of_the_pipe_and_nothing_else() {
        let watcher = Watcher::start().unwrap();
        let [mut first, mut ended, mut last] = [sleeper(), sleeper(), sleeper()];
        for (_, group) in [&first, &ended, &last] {
            watcher.tell('+', *group).unwrap();
        }
        watcher.tell('-', ended.1).unwrap();
        drop(watcher);
        for (child, _) in [&mut first, &mut last] {
            assert_eq!(child.wait().unwrap().signal(), Some(9));
        }
        assert!(ended.0.try_wait().unwrap().is_none());
        ended.0.kill().unwrap();
        ended.0.wait().unwrap();
    }
}
