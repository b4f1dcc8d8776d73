//! A server as a child process: its log, its end.

use std::{
    fs::{self, File},
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    process::{Child, Command},
    time::timeout,
};
use tracing::{debug, warn};

use super::{ServiceError, spawn};

/// How long a server has to end by itself.
const STOP: Duration = Duration::from_secs(10);

/// How long it has once it was told to end at once. Whoever drops a server waits as long.
const QUIT: Duration = Duration::from_secs(2);

/// How many of its last lines an error shows.
const TAIL_LINES: usize = 12;

/// A running server. Dropping it ends it.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    traits: Traits,
}

/// What differs from one kind of server to the next.
#[derive(Debug, Clone)]
pub(super) struct Traits {
    /// For people.
    pub(super) name: &'static str,
    /// Where its output goes; started afresh with every start.
    pub(super) log: PathBuf,
    /// Ends it in good order.
    pub(super) stop: Signal,
    /// Ends it at once, its children too.
    pub(super) quit: Signal,
}

impl Server {
    /// Starts it; it is not ready yet.
    pub(super) async fn start(mut command: Command, traits: Traits) -> Result<Self, ServiceError> {
        let open = || {
            let log = File::create(&traits.log)?;
            Ok((log.try_clone()?, log))
        };
        let (out, err) = open().map_err(ServiceError::io(format!(
            "opening {}",
            traits.log.display()
        )))?;
        command.stdout(out).stderr(err);
        let child = spawn::spawn(command)
            .await
            .map_err(ServiceError::io(format!("starting {}", traits.name)))?;
        Ok(Self { child, traits })
    }

    /// Process id, while it runs.
    pub(super) fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// An error when it has ended.
    pub(super) fn check(&mut self) -> Result<(), ServiceError> {
        let ended = self
            .child
            .try_wait()
            .map_err(ServiceError::io(format!("watching {}", self.traits.name)))?;
        match ended {
            None => Ok(()),
            Some(status) => Err(ServiceError::Exited {
                name: self.traits.name,
                status,
                log: self.traits.log.clone(),
                tail: self.tail(),
            }),
        }
    }

    fn tail(&self) -> String {
        let log = fs::read_to_string(&self.traits.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
    }

    /// Ends it in good order, and by force when that takes too long.
    pub(super) async fn stop(mut self) -> Result<(), ServiceError> {
        self.signal(self.traits.stop);
        if timeout(STOP, self.child.wait()).await.is_err() {
            warn!("{} does not stop and is killed", self.traits.name);
        }
        self.kill().await
    }

    /// Ends it as a power failure would.
    pub(super) async fn kill(mut self) -> Result<(), ServiceError> {
        self.signal(self.traits.quit);
        let ended = match timeout(QUIT, self.child.wait()).await {
            Ok(ended) => ended.map(drop),
            Err(_) => self.child.kill().await,
        };
        ended.map_err(ServiceError::io(format!("stopping {}", self.traits.name)))
    }

    fn signal(&self, signal: Signal) {
        let pid = self
            .child
            .id()
            .and_then(|pid| Pid::from_raw(pid.cast_signed()));
        if let Some(Err(error)) = pid.map(|pid| kill_process(pid, signal)) {
            debug!(%error, "{} has ended already", self.traits.name);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.signal(self.traits.quit);
        // Without a runtime to await in: a test that panics must not leave its server, nor remove its files under it.
        let deadline = Instant::now() + QUIT;
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(5));
        }
    }
}
