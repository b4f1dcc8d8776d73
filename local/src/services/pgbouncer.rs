//! PgBouncer in transaction mode before a stack's PostgreSQL: what poolers of managed databases do, only stricter.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use rustix::process::Signal;
use tokio::time::sleep;
use tokio_postgres::NoTls;

use super::{
    Place, ServiceError,
    install::{Package, install},
    port, program,
    server::{Server, Traits},
    spawn,
};

/// How long it has to answer; 20 ms are usual.
const READY: Duration = Duration::from_secs(15);

/// Between two looks.
const LOOK: Duration = Duration::from_millis(10);

/// How many ports to try when another process is quicker.
const ATTEMPTS: usize = 5;

/// For people.
const NAME: &str = "PgBouncer";

/// A running PgBouncer. Two statements of one client may reach PostgreSQL over different connections, and one connection serves many
/// clients: what a statement leaves in its connection is in the way of others.
#[derive(Debug)]
pub struct PgBouncer {
    url: String,
    server: Server,
}

impl PgBouncer {
    /// Finds it or installs it, and starts it on a free port before the PostgreSQL of that address.
    pub async fn start(place: &Place, postgres: &str) -> Result<Self, ServiceError> {
        let program = find(place).await?;
        let mut attempt = 1;
        loop {
            let port = port::free()?;
            match Self::start_on(place, &program, postgres, port).await {
                Err(ServiceError::Exited { tail, .. })
                    if tail.contains("in use") && attempt < ATTEMPTS =>
                {
                    attempt += 1
                }
                result => return result,
            }
        }
    }

    async fn start_on(
        place: &Place,
        program: &Path,
        postgres: &str,
        port: u16,
    ) -> Result<Self, ServiceError> {
        let folder = place.folder("pgbouncer")?;
        let invalid = || std::io::Error::other("not an address of a server of the stack's own");
        let server = server_in(postgres)
            .ok_or_else(invalid)
            .map_err(ServiceError::io("reading the address of PostgreSQL"))?;
        let file = folder.join("pgbouncer.ini");
        fs::write(&file, settings(server, port))
            .map_err(ServiceError::io(format!("writing {}", file.display())))?;
        place.account.give(&folder)?;
        place.account.give(&file)?;
        let traits = Traits {
            name: NAME,
            log: folder.join("log"),
            // At once, which is in good order here: its clients are the functions, which have ended.
            stop: Signal::TERM,
            quit: Signal::KILL,
        };
        let mut command = spawn::server(program, "KILL", &place.account);
        command.arg(&file).current_dir(&folder);
        let mut bouncer = Self {
            url: postgres.replacen(&server.to_string(), &format!("127.0.0.1:{port}"), 1),
            server: Server::start(command, traits.clone()).await?,
        };
        let deadline = Instant::now() + READY;
        while !bouncer.answers().await {
            bouncer.server.check()?;
            if Instant::now() > deadline {
                return Err(ServiceError::Silent {
                    name: NAME,
                    after: READY,
                    log: traits.log,
                });
            }
            sleep(LOOK).await;
        }
        Ok(bouncer)
    }

    /// Such as `postgres://postgres@127.0.0.1:23456/app`.
    pub fn url(&self) -> &str {
        &self.url
    }

    async fn answers(&self) -> bool {
        let Ok((client, connection)) = tokio_postgres::connect(&self.url, NoTls).await else {
            return false;
        };
        // It ends with the client, which is told of its errors.
        tokio::spawn(connection);
        client.simple_query("select 1").await.is_ok()
    }
}

/// Few connections, so that clients meet in them.
fn settings(postgres: SocketAddr, port: u16) -> String {
    let (host, postgres_port) = (postgres.ip(), postgres.port());
    format!(
        "[databases]\n\
         * = host={host} port={postgres_port} user=postgres\n\
         [pgbouncer]\n\
         listen_addr = 127.0.0.1\n\
         listen_port = {port}\n\
         unix_socket_dir =\n\
         auth_type = any\n\
         pool_mode = transaction\n\
         default_pool_size = 4\n\
         max_client_conn = 1000\n\
         server_login_retry = 1\n"
    )
}

/// `127.0.0.1:5432` of `postgres://postgres@127.0.0.1:5432/app`.
fn server_in(url: &str) -> Option<SocketAddr> {
    let (_, rest) = url.split_once("://")?;
    rest.split('/').next()?.rsplit('@').next()?.parse().ok()
}

async fn find(place: &Place) -> Result<PathBuf, ServiceError> {
    if let Some(program) = program::pgbouncer() {
        return Ok(program);
    }
    let package = Package::PgBouncer;
    let installed = install(package, place.install, &place.root, &place.progress).await;
    program::pgbouncer().ok_or_else(|| package.missing(installed.err()))
}
