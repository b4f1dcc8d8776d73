//! Starts programs so that they die with us.
//!
//! `setpriv --pdeathsig` asks the kernel to signal the child when its parent dies, which also covers `SIGKILL`. The
//! kernel means the parent *thread*: a child of a worker of an async runtime would die with that worker. One thread
//! that never ends does all the spawning instead.

use std::{
    io,
    path::Path,
    process::Stdio,
    sync::{LazyLock, mpsc},
    thread,
};

use tokio::{
    process::{Child, Command},
    runtime::Handle,
    sync::oneshot,
};

type Job = Box<dyn FnOnce() + Send>;

static SPAWNER: LazyLock<Option<mpsc::Sender<Job>>> = LazyLock::new(|| {
    let (sender, jobs) = mpsc::channel::<Job>();
    let thread = thread::Builder::new()
        .name("spawn".to_owned())
        .spawn(move || jobs.into_iter().for_each(|job| job()));
    thread.is_ok().then_some(sender)
});

/// Spawns `command` from the thread that lives as long as the process.
pub(super) async fn spawn(mut command: Command) -> io::Result<Child> {
    let runtime = Handle::current();
    let (reply, child) = oneshot::channel();
    let job: Job = Box::new(move || {
        let _entered = runtime.enter();
        // A caller that no longer waits drops the child, which `kill_on_drop` ends.
        drop(reply.send(command.spawn()));
    });
    let gone = || io::Error::other("the thread that starts programs is gone");
    SPAWNER
        .as_ref()
        .ok_or_else(gone)?
        .send(job)
        .map_err(|_| gone())?;
    child.await.map_err(|_| gone())?
}

/// Whether `setpriv` can set the signal of a parent's death here. Busybox has a `setpriv` that cannot.
pub(super) static PDEATHSIG: LazyLock<bool> =
    LazyLock::new(|| succeeds("setpriv", &["--pdeathsig", "KILL", "true"]));

/// Whether the program exists and ends well with these arguments.
pub(crate) fn succeeds(program: &str, arguments: &[&str]) -> bool {
    std::process::Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// `program` as a server: it gets `signal` when we die, and no signal of our terminal.
pub(super) fn server(program: &Path, signal: &str, account: &super::account::Account) -> Command {
    let mut command = if *PDEATHSIG {
        let mut command = Command::new("setpriv");
        command
            .args(["--pdeathsig", signal])
            .args(account.setpriv_arguments())
            .arg("--")
            .arg(program);
        // A Ctrl-C in the terminal reaches its whole group: the functions must be able to finish before their database.
        command.process_group(0);
        command
    } else {
        // Here the terminal's signal is what ends it when we are killed, so it stays in our group.
        account.command(program)
    };
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::task::spawn_blocking;

    use super::{super::account::Account, *};

    /// A child that was spawned by a thread of the pool for blocking work died when that thread was retired.
    #[test]
    fn a_child_outlives_the_thread_that_asked_for_it() {
        let mut child = thread::spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let mut command = server(Path::new("sleep"), "KILL", &Account::Ourselves);
                command.arg("60");
                spawn(command).await.unwrap()
            })
        })
        .join()
        .unwrap();
        thread::sleep(Duration::from_millis(100));
        assert!(child.try_wait().unwrap().is_none(), "it still runs");
        child.start_kill().unwrap();
    }

    #[tokio::test]
    async fn a_program_that_does_not_exist_is_an_error() {
        assert_eq!(
            spawn(Command::new("/no/such/program"))
                .await
                .unwrap_err()
                .kind(),
            io::ErrorKind::NotFound
        );
        assert!(
            !spawn_blocking(|| succeeds("/no/such/program", &[]))
                .await
                .unwrap()
        );
    }
}
