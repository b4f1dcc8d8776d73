//! Redis for one stack.

use std::{
    net::Ipv4Addr,
    path::PathBuf,
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
    Place, ServiceError,
    account::Account,
    install::{Package, install, private_folder},
    port, program,
    server::{Server, Traits},
    spawn,
};

/// How long it has to answer; 30 ms are usual.
const READY: Duration = Duration::from_secs(15);

/// Between two looks.
const LOOK: Duration = Duration::from_millis(5);

/// How many ports to try when another process is quicker.
const ATTEMPTS: usize = 5;

/// A running Redis, or Valkey, without persistence.
#[derive(Debug)]
pub struct Redis {
    program: PathBuf,
    folder: PathBuf,
    port: u16,
    url: String,
    server: Mutex<Option<Server>>,
}

impl Redis {
    /// Finds a server or installs one, and starts it on a free port.
    pub async fn start(place: &Place) -> Result<Self, ServiceError> {
        let program = find(place).await?;
        let folder = place.folder("redis")?;
        let mut attempt = 1;
        loop {
            let port = port::free()?;
            let url = format!("redis://127.0.0.1:{port}");
            let redis = Self {
                program: program.clone(),
                folder: folder.clone(),
                port,
                url,
                server: Mutex::default(),
            };
            match redis.start_again().await {
                Err(ServiceError::Exited { tail, .. })
                    if tail.contains("in use") && attempt < ATTEMPTS =>
                {
                    attempt += 1
                }
                result => return result.map(|()| redis),
            }
        }
    }

    /// Such as `redis://127.0.0.1:23456`.
    pub fn url(&self) -> &str {
        &self.url
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
        command
            .arg("--dir")
            .arg(&self.folder)
            .current_dir(&self.folder);
        let traits = Traits {
            name: "Redis",
            log: self.folder.join("log"),
            stop: Signal::TERM,
            quit: Signal::KILL,
        };
        let mut server = Server::start(command, traits.clone()).await?;
        let deadline = Instant::now() + READY;
        while !self.answers(server.pid()).await {
            server.check()?;
            if Instant::now() > deadline {
                return Err(ServiceError::Silent {
                    name: traits.name,
                    after: READY,
                    log: traits.log,
                });
            }
            sleep(LOOK).await;
        }
        *running = Some(server);
        Ok(())
    }

    /// Whether our process answers, and not one that took the port before it.
    async fn answers(&self, pid: Option<u32>) -> bool {
        let ask = async {
            let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).await?;
            stream.write_all(b"INFO server\r\nQUIT\r\n").await?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await?;
            Ok::<_, std::io::Error>(answer)
        };
        let line = pid.map(|pid| format!("process_id:{pid}"));
        let answer = timeout(Duration::from_secs(1), ask).await;
        matches!((answer, line), (Ok(Ok(answer)), Some(line)) if answer.lines().any(|found| found == line))
    }
}

async fn find(place: &Place) -> Result<PathBuf, ServiceError> {
    let private = private_folder(&place.root);
    if let Some(program) = program::redis(&private) {
        return Ok(program);
    }
    let installed = install(Package::Redis, place.install, &place.root, &place.progress).await;
    program::redis(&private).ok_or_else(|| Package::Redis.missing(installed.err()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::place::throwaway;

    #[tokio::test]
    async fn it_stops_and_starts_again_on_the_same_port() {
        let place = throwaway().await;
        let redis = Redis::start(&place).await.unwrap();
        let address = redis.url().strip_prefix("redis://").unwrap().to_owned();
        TcpStream::connect(&address).await.unwrap();
        redis.stop().await.unwrap();
        TcpStream::connect(&address).await.unwrap_err();
        redis.start_again().await.unwrap();
        TcpStream::connect(&address).await.unwrap();
        redis.kill().await.unwrap();
        TcpStream::connect(&address).await.unwrap_err();
    }

    #[tokio::test]
    async fn a_port_that_another_process_holds_is_an_error_and_not_that_process() {
        let place = throwaway().await;
        let first = Redis::start(&place).await.unwrap();
        let second = Redis {
            program: first.program.clone(),
            folder: place.folder("second").unwrap(),
            port: first.port,
            url: first.url.clone(),
            server: Mutex::default(),
        };
        let error = second.start_again().await.unwrap_err();
        assert!(
            matches!(&error, ServiceError::Exited { tail, .. } if tail.contains("in use")),
            "{error}"
        );
    }

    #[tokio::test]
    async fn dropping_it_ends_it() {
        let place = throwaway().await;
        let redis = Redis::start(&place).await.unwrap();
        let address = redis.url().strip_prefix("redis://").unwrap().to_owned();
        drop(redis);
        TcpStream::connect(&address).await.unwrap_err();
    }
}
