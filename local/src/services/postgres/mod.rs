//! PostgreSQL for one stack.

mod cluster;
mod template;

use std::{
    path::Path,
    time::{Duration, Instant},
};

use rustix::process::Signal;
use tokio::{sync::Mutex, time::sleep};
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

pub(super) use cluster::end_leftover;

use self::cluster::Cluster;
use super::{
    Lifetime, Place, ServiceError, port,
    server::{Server, Traits},
    spawn,
};

/// How long it has to answer: after a power failure it replays its log first.
const READY: Duration = Duration::from_secs(60);

/// Between two looks.
const LOOK: Duration = Duration::from_millis(10);

/// How many ports to try when another process is quicker.
const ATTEMPTS: usize = 5;

/// The database that the stack uses.
const DATABASE: &str = "app";

/// Every environment of a function holds a connection; the default of 100 is less than a load test starts.
const MAX_CONNECTIONS: &str = "max_connections=500";

/// What data that nobody keeps need not wait for: 4 times the transactions of a small machine.
const UNSAFE_BUT_QUICK: [&str; 3] = [
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
];

/// A running PostgreSQL with one database.
#[derive(Debug)]
pub struct Postgres {
    cluster: Cluster,
    lifetime: Lifetime,
    port: u16,
    url: String,
    server: Mutex<Option<Server>>,
}

impl Postgres {
    /// Finds a server or installs one, and starts it on a free port with an empty database, or with the one of last time.
    /// The database of a place that is not kept is copied from a template in which `migrations` are applied already.
    pub async fn start(place: &Place, migrations: Option<&Path>) -> Result<Self, ServiceError> {
        let folder = place.folder("postgres")?;
        let cluster = Cluster::find(place, folder).await?;
        match place.lifetime {
            Lifetime::Kept => cluster.init_or_take_over(place).await?,
            Lifetime::Throwaway | Lifetime::Measured => {
                template::copy(place, &cluster, migrations).await?
            }
        }
        let postgres = Self::start_cluster(cluster, place.lifetime).await?;
        postgres.create_database().await?;
        Ok(postgres)
    }

    async fn start_cluster(cluster: Cluster, lifetime: Lifetime) -> Result<Self, ServiceError> {
        let mut attempt = 1;
        loop {
            let port = port::free()?;
            let url = format!("postgres://postgres@127.0.0.1:{port}/{DATABASE}");
            let postgres = Self {
                cluster: cluster.clone(),
                lifetime,
                port,
                url,
                server: Mutex::default(),
            };
            match postgres.start_again().await {
                Err(ServiceError::Exited { tail, .. })
                    if tail.contains("in use") && attempt < ATTEMPTS =>
                {
                    attempt += 1
                }
                result => return result.map(|()| postgres),
            }
        }
    }

    /// Such as `postgres://postgres@127.0.0.1:23456/app`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Such as `15.18`.
    pub fn version(&self) -> &str {
        &self.cluster.version
    }

    /// Ends it in good order: who is connected is cut off, nothing is lost.
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

    /// Starts it on the same port with the same data, when it does not run.
    pub async fn start_again(&self) -> Result<(), ServiceError> {
        let mut running = self.server.lock().await;
        if running.is_some() {
            return Ok(());
        }
        let traits = Traits {
            name: "PostgreSQL",
            log: self.cluster.log(),
            stop: Signal::INT,
            quit: Signal::QUIT,
        };
        let mut server = Server::start(self.command(), traits.clone()).await?;
        let deadline = Instant::now() + READY;
        while !self.answers().await {
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

    fn command(&self) -> tokio::process::Command {
        let mut settings = vec![
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            MAX_CONNECTIONS,
        ];
        if self.cluster.has_statement_statistics() {
            settings.push("shared_preload_libraries=pg_stat_statements");
        }
        if self.lifetime == Lifetime::Throwaway {
            settings.extend(UNSAFE_BUT_QUICK);
        }
        let mut command = spawn::server(
            &self.cluster.program("postgres"),
            "INT",
            &self.cluster.account,
        );
        command
            .arg("-D")
            .arg(self.cluster.data())
            .args(["-p", &self.port.to_string()]);
        command.args(settings.into_iter().flat_map(|setting| ["-c", setting]));
        command
            .current_dir(&self.cluster.folder)
            .env("LC_ALL", "C.UTF-8");
        command
    }

    /// Whether our process answers, and not one that took the port before it.
    async fn answers(&self) -> bool {
        let Ok(client) = self.connect("postgres").await else {
            return false;
        };
        let answer = client
            .simple_query("show data_directory")
            .await
            .unwrap_or_default();
        let ours = self.cluster.data();
        answer.iter().any(|message| {
            matches!(message, SimpleQueryMessage::Row(row) if row.get(0).is_some_and(|found| ours == Path::new(found)))
        })
    }

    async fn connect(&self, database: &str) -> Result<Client, tokio_postgres::Error> {
        let url = format!("postgres://postgres@127.0.0.1:{}/{database}", self.port);
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await?;
        // It ends with the client, which is told of its errors.
        tokio::spawn(connection);
        Ok(client)
    }

    async fn create_database(&self) -> Result<(), ServiceError> {
        let client = self.connect("postgres").await?;
        let found = client
            .simple_query(&format!(
                "select 1 from pg_database where datname = '{DATABASE}'"
            ))
            .await?;
        if !found
            .iter()
            .any(|message| matches!(message, SimpleQueryMessage::Row(_)))
        {
            client
                .batch_execute(&format!("create database {DATABASE} template template0"))
                .await?;
        }
        Ok(())
    }

    /// Lets tests count statements.
    async fn create_statement_statistics(&self) -> Result<(), ServiceError> {
        if self.cluster.has_statement_statistics() {
            let client = self.connect(DATABASE).await?;
            client
                .batch_execute("create extension if not exists pg_stat_statements")
                .await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
