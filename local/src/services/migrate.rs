//! The schema of a database, from files `V<n>__<name>.sql`.

use std::{
    fs, io,
    net::IpAddr,
    path::{Path, PathBuf},
};

use refinery::{Runner, load_sql_migrations};
use tokio_postgres::{
    Client, Config, NoTls, Socket,
    config::{Host, SslMode},
    tls::MakeTlsConnect,
};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Any number that nothing else locks in the same database.
const LOCK: i64 = 0x6d69_6772_6174_6521;

/// Why the schema could not be applied.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The folder or a file in it cannot be read.
    #[error("reading the migrations in {dir}")]
    Unreadable {
        /// Of the migrations.
        dir: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A file would be left out, which nobody would notice.
    #[error("{0} is not named V<number>__<name>.sql")]
    Misnamed(PathBuf),
    /// The database does not let us in.
    #[error("connecting to the database")]
    Connect(#[source] tokio_postgres::Error),
    /// The lock that keeps a second migration out could not be taken.
    #[error("waiting for another migration")]
    Lock(#[source] tokio_postgres::Error),
    /// A statement failed, or the files contradict what was applied before.
    #[error("applying {at}: {reason}")]
    Apply {
        /// The file, or the folder when no single file is at fault.
        at: PathBuf,
        /// What the database says of it.
        reason: String,
    },
}

/// Applies the files in `dir` that the database has not seen, each in a transaction, and says how many. Two that run at
/// once apply every file once. The connection is encrypted when the address asks for it (`sslmode`).
pub async fn migrate(database_url: &str, dir: &Path) -> Result<usize, MigrateError> {
    let files = files(dir)?;
    let apply_error = |error: &refinery::Error| {
        let (file, reason) = explain(error);
        let at = file.and_then(|stem| {
            files
                .iter()
                .find(|path| path.file_stem().is_some_and(|name| *name == *stem))
        });
        MigrateError::Apply {
            at: at.map_or(dir, PathBuf::as_path).to_owned(),
            reason,
        }
    };
    let migrations = load_sql_migrations(dir).map_err(|error| apply_error(&error))?;
    let mut client = connect(database_url).await?;
    client
        .batch_execute(&format!("select pg_advisory_lock({LOCK})"))
        .await
        .map_err(MigrateError::Lock)?;
    let report = Runner::new(&migrations)
        .run_async(&mut client)
        .await
        .map_err(|error| apply_error(&error));
    // An error ends the connection, and with it the lock.
    let applied = report?.applied_migrations().len();
    client
        .batch_execute(&format!("select pg_advisory_unlock({LOCK})"))
        .await
        .map_err(MigrateError::Lock)?;
    Ok(applied)
}

/// The `.sql` files in `dir`; one that refinery would leave out is an error.
pub(super) fn files(dir: &Path) -> Result<Vec<PathBuf>, MigrateError> {
    let unreadable = |source| MigrateError::Unreadable {
        dir: dir.to_owned(),
        source,
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|extension| extension == "sql") {
            if !is_named_well(&path) {
                return Err(MigrateError::Misnamed(path));
            }
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn is_named_well(path: &Path) -> bool {
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    let parts = stem.and_then(|stem| stem.strip_prefix('V')?.split_once("__"));
    let is_word = |name: &str| {
        name.chars()
            .all(|letter| letter.is_alphanumeric() || letter == '_')
    };
    parts.is_some_and(|(number, name)| {
        number.parse::<i32>().is_ok() && !name.is_empty() && is_word(name)
    })
}

/// The stem of the file at fault, and what went wrong.
fn explain(error: &refinery::Error) -> (Option<String>, String) {
    use refinery::error::Kind;
    match error.kind() {
        Kind::Connection(said, source) => {
            let database = source
                .downcast_ref::<tokio_postgres::Error>()
                .and_then(tokio_postgres::Error::as_db_error);
            let reason = database.map_or_else(|| source.to_string(), ToString::to_string);
            (
                said.strip_prefix("error applying migration ")
                    .map(str::to_owned),
                reason,
            )
        }
        Kind::RepeatedVersion(migration) => (Some(migration.to_string()), error.to_string()),
        Kind::DivergentVersion(_, file) => (
            Some(file.to_string()),
            "it was changed after it had been applied; write a new file instead".to_owned(),
        ),
        _ => (None, error.to_string()),
    }
}

async fn connect(database_url: &str) -> Result<Client, MigrateError> {
    let config: Config = database_url.parse().map_err(MigrateError::Connect)?;
    // Without a certificate store nothing can be verified; a server that insists on TLS then says so.
    let tls = if wants_tls(&config) {
        MakeRustlsConnect::with_native_certs().ok()
    } else {
        None
    };
    match tls {
        Some((tls, _unreadable)) => open(&config, tls).await,
        None => open(&config, NoTls).await,
    }
}

/// Reading the machine's certificates is slow, and a server on this machine has none unless it is asked for.
fn wants_tls(config: &Config) -> bool {
    let is_here = |host: &Host| match host {
        Host::Tcp(name) => {
            name == "localhost"
                || name
                    .parse::<IpAddr>()
                    .is_ok_and(|address| address.is_loopback())
        }
        Host::Unix(_) => true,
    };
    match config.get_ssl_mode() {
        SslMode::Disable => false,
        SslMode::Prefer => !config.get_hosts().iter().all(is_here),
        _ => true,
    }
}

async fn open<T>(config: &Config, tls: T) -> Result<Client, MigrateError>
where
    T: MakeTlsConnect<Socket> + 'static,
    T::Stream: Send,
{
    let (client, connection) = config.connect(tls).await.map_err(MigrateError::Connect)?;
    // It ends with the client, which is told of its errors.
    tokio::spawn(connection);
    Ok(client)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_would_be_left_out_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("V1__users.sql"), "").unwrap();
        fs::write(folder.path().join("README.md"), "").unwrap();
        assert_eq!(
            files(folder.path()).unwrap(),
            [folder.path().join("V1__users.sql")]
        );
        fs::write(folder.path().join("V2_sessions.sql"), "").unwrap();
        let error = files(folder.path()).unwrap_err();
        assert!(matches!(error, MigrateError::Misnamed(path) if path.ends_with("V2_sessions.sql")));
    }

    #[test]
    fn tls_is_for_servers_elsewhere_and_for_those_who_ask() {
        let wants = |url: &str| wants_tls(&url.parse().unwrap());
        assert!(wants("postgres://db.example.com/app"));
        assert!(wants("postgres://127.0.0.1/app?sslmode=require"));
        assert!(!wants("postgres://127.0.0.1/app"));
        assert!(!wants("postgres://db.example.com/app?sslmode=disable"));
    }
}
