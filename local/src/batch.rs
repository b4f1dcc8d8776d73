//! How the kernel shares the cores among the processes of a stack.

use std::process;

use crate::services::succeeds;

/// Makes this process a batch to the kernel (`SCHED_BATCH`), and with it every process that it starts from now on: functions,
/// PostgreSQL, Redis.
///
/// A message wakes one of them after the other. As a batch, who wakes does not push aside who runs: that one finishes first, which is
/// soon, and saves both a change of context (docs/PERFORMANCE.md has figures). It takes as much as ever of an idle core, and nothing
/// from a desktop's programs, which come first.
///
/// It needs no privilege. Where no `chrt` can do it, as on macOS, all stays as it is.
pub fn enter() {
    let own = process::id().to_string();
    if !succeeds("chrt", &["--batch", "--all-tasks", "--pid", "0", &own]) {
        tracing::debug!("processes are scheduled as usual");
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::process::Command;

    use super::*;

    /// As the kernel numbers them.
    const SCHED_BATCH: &str = "3";

    /// Its place in `/proc/<pid>/stat` behind the name, which may have spaces.
    const POLICY: usize = 38;

    #[test]
    fn what_a_batch_starts_is_a_batch() {
        let policy = || {
            let stat = Command::new("cat").arg("/proc/self/stat").output().unwrap();
            let stat = String::from_utf8(stat.stdout).unwrap();
            let (_, behind) = stat.rsplit_once(") ").unwrap();
            behind.split(' ').nth(POLICY).unwrap().to_owned()
        };
        // It gives up where a thread of another test ends before its turn.
        for _ in 0..20 {
            enter();
            if policy() == SCHED_BATCH {
                return;
            }
        }
        panic!("its policy is {}", policy());
    }
}
