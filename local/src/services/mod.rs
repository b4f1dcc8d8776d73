//! PostgreSQL and Redis for one machine: found or installed, private, on free ports of 127.0.0.1.
//!
//! | module | is |
//! |---|---|
//! | [`Place`] | the folder that the servers of one stack live in, locked against a second stack |
//! | [`Postgres`], [`Redis`] | a running server, or a cluster of them, with stop and start for tests that take it away |
//! | [`PgBouncer`] | a pooler in transaction mode before PostgreSQL |
//! | [`migrate`] | the schema, from files `V<n>__<name>.sql` |
//!
//! A server ends with this process; where `setpriv` can see to it (see `spawn`), also when this process is killed.

mod account;
mod install;
mod migrate;
mod pgbouncer;
mod place;
mod port;
mod postgres;
mod program;
mod redis;
mod server;
mod spawn;

use std::{io, path::PathBuf, process::ExitStatus, time::Duration};

pub use install::Install;
pub use migrate::{MigrateError, migrate};
pub use pgbouncer::PgBouncer;
pub use place::{Lifetime, Place};
pub use postgres::Postgres;
pub use redis::{Redis, RedisKind, RedisNode};
pub(crate) use spawn::succeeds;

/// Why a server is not to be had.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// Another stack runs in the same folder.
    #[error(
        "another stack is running in {0}: stop it first, or choose another folder with --state-dir"
    )]
    Busy(PathBuf),
    /// Neither there nor installable.
    #[error(
        "{name} is not installed and could not be installed. Install the package {packages}, or set {variable}"
    )]
    NotInstalled {
        /// For people.
        name: &'static str,
        /// What distributions call it.
        packages: &'static str,
        /// The environment variable that names a server which runs elsewhere.
        variable: &'static str,
        /// What went wrong while installing, when that was tried.
        #[source]
        cause: Option<Box<ServiceError>>,
    },
    /// PostgreSQL refuses to run as root, and nothing here can change the user.
    #[error(
        "PostgreSQL refuses to run as root: install util-linux (setpriv), or run as an ordinary user"
    )]
    Root,
    /// The data were written by a PostgreSQL of another major version.
    #[error(
        "{dir} was written by PostgreSQL {wanted}, which is not installed (found: {found}): install it or remove the folder"
    )]
    OtherVersion {
        /// Of the data.
        dir: PathBuf,
        /// Major version of the data.
        wanted: String,
        /// Version that is installed.
        found: String,
    },
    /// A program failed.
    #[error("{program} failed ({status}): {output}")]
    Failed {
        /// Its name.
        program: String,
        /// How it ended.
        status: ExitStatus,
        /// The end of what it wrote.
        output: String,
    },
    /// A server ended while it was starting.
    #[error("{name} ended while starting ({status}); the end of {}:\n{tail}", log.display())]
    Exited {
        /// For people.
        name: &'static str,
        /// How it ended.
        status: ExitStatus,
        /// Its log.
        log: PathBuf,
        /// The last lines of it.
        tail: String,
    },
    /// A server runs but does not answer.
    #[error("{name} did not answer within {} s; see {}", after.as_secs(), log.display())]
    Silent {
        /// For people.
        name: &'static str,
        /// How long it had.
        after: Duration,
        /// Its log.
        log: PathBuf,
    },
    /// No port was free.
    #[error("no free port was found on 127.0.0.1")]
    NoPort,
    /// The server runs, but its databases could not be made ready.
    #[error("PostgreSQL refused to prepare the database")]
    Database(#[from] tokio_postgres::Error),
    /// The schema could not be applied.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    /// A file or a process could not be used.
    #[error("{what}")]
    Io {
        /// What was being done.
        what: String,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
}

impl ServiceError {
    /// For `map_err`: says what was being done.
    fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}
