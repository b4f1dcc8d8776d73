//! One Redis server.

use std::{
    fs,
    io::ErrorKind,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU16, Ordering},
    time::{Duration, Instant},
};

use rustix::process::Signal;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Mutex,
    time::{sleep, timeout},
};

use super::{
    super::{
        ServiceError,
        account::Account,
        port,
        server::{Server, Traits},
        spawn,
    },
    RedisKind,
};

/// How long it has to answer; 30 ms are usual.
const READY: Duration = Duration::from_secs(15);

/// Between two looks.
const LOOK: Duration = Duration::from_millis(5);

/// How many ports to try when another process is quicker.
const ATTEMPTS: usize = 5;

/// For people.
const NAME: &str = "Redis";

/// After so long without an answer the nodes of a cluster take one for gone, in milliseconds.
const NODE_TIMEOUT_MILLIS: &str = "2000";

/// What a node of a cluster knows of it, in its folder.
const CLUSTER_FILE: &str = "nodes.conf";

/// One server: alone, or a node of a cluster.
#[derive(Debug)]
pub struct RedisNode {
    program: PathBuf,
    folder: PathBuf,
    port: u16,
    kind: RedisKind,
    /// Where the clients of a cluster are told to find it.
    announced: AtomicU16,
    server: Mutex<Option<Server>>,
}

impl RedisNode {
    /// Starts it on a free port, as one that knows no other node.
    pub(super) async fn start(
        program: &Path,
        folder: PathBuf,
        kind: RedisKind,
    ) -> Result<Self, ServiceError> {
        let mut attempt = 1;
        loop {
            let port = port::free()?;
            forget_cluster(&folder)?;
            let node = Self {
                program: program.to_owned(),
                folder: folder.clone(),
                port,
                kind,
                announced: AtomicU16::new(port),
                server: Mutex::default(),
            };
            match node.start_again().await {
                Err(ServiceError::Exited { tail, .. })
                    if tail.contains("in use") && attempt < ATTEMPTS =>
                {
                    attempt += 1
                }
                result => return result.map(|()| node),
            }
        }
    }

    /// On 127.0.0.1.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// Such as `redis://127.0.0.1:23456`.
    pub fn url(&self) -> String {
        format!("redis://{}", self.address())
    }

    pub(super) fn announced(&self) -> u16 {
        self.announced.load(Ordering::Relaxed)
    }

    /// Tells the clients of the cluster another port, now and after every start.
    pub(super) async fn announce(&self, port: u16) -> Result<(), ServiceError> {
        self.announced.store(port, Ordering::Relaxed);
        self.order(&format!("CONFIG SET cluster-announce-port {port}"))
            .await
    }

    /// Ends it in good order; its keys are gone.
    pub async fn stop(&self) -> Result<(), ServiceError> {
        match self.server.lock().await.take() {
            Some(server) => server.stop().await,
            None => Ok(()),
        }
    }

    /// Ends it as a power failure would.
    pub async fn kill(&self) -> Result<(), ServiceError> {
        match self.server.lock().await.take() {
            Some(server) => server.kill().await,
            None => Ok(()),
        }
    }

    /// Starts it on the same port, empty, when it does not run.
    pub async fn start_again(&self) -> Result<(), ServiceError> {
        let mut running = self.server.lock().await;
        if running.is_some() {
            return Ok(());
        }
        let mut command = spawn::server(&self.program, "KILL", &Account::Ourselves);
        command.args([
            "--port",
            &self.port.to_string(),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
        ]);
        if self.kind == RedisKind::Cluster {
            let announced = self.announced().to_string();
            command.args([
                "--cluster-enabled",
                "yes",
                "--cluster-config-file",
                CLUSTER_FILE,
            ]);
            command.args(["--cluster-node-timeout", NODE_TIMEOUT_MILLIS]);
            command.args(["--cluster-announce-port", &announced]);
            // Without a node, the keys of the others are still served, as managed clusters do it.
            command.args(["--cluster-require-full-coverage", "no"]);
        }
        command
            .arg("--dir")
            .arg(&self.folder)
            .current_dir(&self.folder);
        let traits = Traits {
            name: NAME,
            log: self.folder.join("log"),
            stop: Signal::TERM,
            quit: Signal::KILL,
        };
        let mut server = Server::start(command, traits.clone()).await?;
        let deadline = Instant::now() + READY;
        while !self.answers(server.pid()).await {
            server.check()?;
            if Instant::now() > deadline {
                return Err(self.silent(READY));
            }
            sleep(LOOK).await;
        }
        *running = Some(server);
        Ok(())
    }

    /// Whether our process answers, and not one that took the port before it.
    async fn answers(&self, pid: Option<u32>) -> bool {
        let line = pid.map(|pid| format!("process_id:{pid}"));
        let answer = self.ask("INFO server").await;
        matches!((answer, line), (Ok(answer), Some(line)) if answer.lines().any(|found| found == line))
    }

    /// What it answers to a command without blanks in its arguments, as it comes over the wire.
    pub(super) async fn ask(&self, command: &str) -> Result<String, ServiceError> {
        let ask = async {
            let mut stream = TcpStream::connect(self.address()).await?;
            stream
                .write_all(format!("{command}\r\nQUIT\r\n").as_bytes())
                .await?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await?;
            Ok::<_, std::io::Error>(answer)
        };
        let answer = timeout(Duration::from_secs(1), ask).await;
        answer
            .map_err(std::io::Error::from)
            .flatten()
            .map_err(ServiceError::io(format!("asking {NAME}")))
    }

    /// Gives it a command that must succeed.
    pub(super) async fn order(&self, command: &str) -> Result<(), ServiceError> {
        let answer = self.ask(command).await?;
        if answer.starts_with("+OK") {
            return Ok(());
        }
        let refused = std::io::Error::other(answer.trim().to_owned());
        Err(ServiceError::io(format!("telling {NAME} {command}"))(
            refused,
        ))
    }

    /// The error of a server that does not become ready.
    pub(super) fn silent(&self, after: Duration) -> ServiceError {
        ServiceError::Silent {
            name: NAME,
            after,
            log: self.folder.join("log"),
        }
    }
}

/// The slots and the nodes of the last time would contradict a cluster that is formed anew.
fn forget_cluster(folder: &Path) -> Result<(), ServiceError> {
    match fs::remove_file(folder.join(CLUSTER_FILE)) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(ServiceError::io(
            "removing what a Redis knows of its last cluster",
        )(error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::{place::throwaway, redis::find};

    #[tokio::test]
    async fn a_port_that_another_process_holds_is_an_error_and_not_that_process() {
        let place = throwaway().await;
        let program = find(&place).await.unwrap();
        let folder = |name| place.folder(name).unwrap();
        let first = RedisNode::start(&program, folder("first"), RedisKind::Single)
            .await
            .unwrap();
        let second = RedisNode {
            program,
            folder: folder("second"),
            port: first.port,
            kind: first.kind,
            announced: AtomicU16::new(first.port),
            server: Mutex::default(),
        };
        let error = second.start_again().await.unwrap_err();
        assert!(
            matches!(&error, ServiceError::Exited { tail, .. } if tail.contains("in use")),
            "{error}"
        );
    }

    /// A kept folder used to have its cluster still, whose slots were busy then.
    #[tokio::test]
    async fn a_node_that_is_new_has_no_slot_and_one_that_starts_again_has_its_own() {
        let place = throwaway().await;
        let program = find(&place).await.unwrap();
        let folder = place.folder("node").unwrap();
        let start = || RedisNode::start(&program, folder.clone(), RedisKind::Cluster);
        let first = start().await.unwrap();
        first.order("CLUSTER ADDSLOTS 7").await.unwrap();
        first.stop().await.unwrap();
        first.start_again().await.unwrap();
        first.order("CLUSTER ADDSLOTS 7").await.unwrap_err();
        first.stop().await.unwrap();
        let second = start().await.unwrap();
        second.order("CLUSTER ADDSLOTS 7").await.unwrap();
    }
}
