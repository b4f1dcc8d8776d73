//! The way to PostgreSQL, the truth.
//!
//! Every statement travels with its text, in one round trip, or by a name that its connection knows it by, where no pooler in transaction
//! mode stands between: behind one, the next statement may find another connection. A connection that lay frozen between two invocations
//! may be dead without knowing it, so a statement that may run twice gets a second connection.

mod lease;

use std::{fmt, str::FromStr, sync::Arc, time::Duration};

use deadpool_postgres::{Manager, ManagerConfig, Pool, PoolError, RecyclingMethod, Runtime};
use lease::Lease;
use tokio_postgres::{
    Config as PostgresConfig, NoTls, Row,
    config::SslMode,
    error::DbError,
    types::{ToSql, Type},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::{
    code::{Code, Coded},
    config::{Config, ConfigError, Secret},
};

/// How long a caller waits for an answer, a new connection and a second try included. A sender is told `unavailable` within 3 s.
pub(crate) const PATIENCE: Duration = Duration::from_millis(2_500);
/// How long a new connection may take; leaves room for a second one within [`PATIENCE`].
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// PostgreSQL's own limit where it can be set, a little above [`PATIENCE`]: a function that was frozen when its caller gave up asks for no
/// end of its statement.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(3);
/// One environment serves few invocations at once, and a database has few connections to give.
const MAX_CONNECTIONS: usize = 8;

const INVALID: ConfigError = ConfigError::Invalid {
    name: "DATABASE_URL",
    expected: "a postgres:// address",
};

/// A statement's argument and its type: without the type PostgreSQL would have to be asked first.
pub type Param<'a> = (&'a (dyn ToSql + Sync), Type);

/// A pool of connections; cheap to clone. Nothing is opened before the first statement.
#[derive(Clone)]
pub struct Database {
    pool: Pool,
    /// What its connections are encrypted with, if they are.
    tls: Option<MakeRustlsConnect>,
    /// Whether a connection knows by name what it has run before.
    by_name: bool,
}

/// Why a statement gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// No connection could be had.
    #[error("no connection to the database")]
    Connect(#[source] PoolError),
    /// No answer in time. Whether the statement took effect is not known.
    #[error("the database did not answer within {PATIENCE:?}")]
    TimedOut,
    /// The connection broke. Whether the statement took effect is not known.
    #[error("the connection to the database broke")]
    Broken(#[source] tokio_postgres::Error),
    /// The database is starting, stopping, has no connection to spare, or has ended the statement at a limit of its own.
    #[error("the database refuses for now")]
    Refused(#[source] Complaint),
    /// The statement itself failed.
    #[error("a statement failed")]
    Statement(#[source] Complaint),
    /// A statement that several callers shared gave no answer.
    #[error("a shared statement failed")]
    Together(#[source] Arc<DatabaseError>),
}

/// What PostgreSQL says of a statement, as far as a log may have it: its details quote whole rows, and its messages about data (class
/// 22 of the states) quote values, which may be what somebody wrote.
pub struct Complaint(Box<DbError>);

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = &self.0;
        write!(f, "{} {}", error.severity(), error.code().code())?;
        if !error.code().code().starts_with("22") {
            write!(f, ": {}", error.message())?;
        }
        for (what, name) in [
            ("table", error.table()),
            ("column", error.column()),
            ("constraint", error.constraint()),
            ("routine", error.routine()),
        ] {
            if let Some(name) = name {
                write!(f, ", {what} {name}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Complaint {}

impl Coded for DatabaseError {
    fn code(&self) -> Code {
        match self {
            Self::Connect(_) | Self::TimedOut | Self::Broken(_) | Self::Refused(_) => {
                Code::Unavailable
            }
            Self::Statement(_) => Code::Internal,
            Self::Together(error) => error.code(),
        }
    }
}

impl DatabaseError {
    /// Whether the statement clashed with the unique constraint of that name.
    pub fn violates(&self, constraint: &str) -> bool {
        let Self::Statement(error) = self else {
            return false;
        };
        error.0.constraint() == Some(constraint)
    }
}

impl From<tokio_postgres::Error> for DatabaseError {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(complaint) = error.as_db_error() else {
            return Self::Broken(error);
        };
        // Classes 57P (shutdown), 53 (no resources) and 08 (connection) pass by themselves, and so does 57014: a statement that was ended.
        let passes = ["57P", "57014", "53", "08"]
            .iter()
            .any(|class| complaint.code().code().starts_with(class));
        let complaint = Complaint(Box::new(complaint.clone()));
        if passes {
            Self::Refused(complaint)
        } else {
            Self::Statement(complaint)
        }
    }
}

impl Database {
    /// A pool for `DATABASE_URL`, as large as the invocations that this environment serves at once.
    pub fn new(config: &Config) -> Result<Self, ConfigError> {
        let by_name = config.prepared_statements;
        let mut address = parse(&config.database_url)?;
        if by_name {
            limit_statements(&mut address);
        }
        Ok(Self {
            by_name,
            ..Self::open(address, config.concurrency)?
        })
    }

    /// A pool for an address, of a pooler too.
    pub fn at(url: &Secret, connections: usize) -> Result<Self, ConfigError> {
        Self::open(parse(url)?, connections)
    }

    fn open(mut address: PostgresConfig, connections: usize) -> Result<Self, ConfigError> {
        address
            .connect_timeout(CONNECT_TIMEOUT)
            .application_name("gatepost");
        let recycling = ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        };
        let tls = match address.get_ssl_mode() {
            SslMode::Require => Some(tls().ok_or(ConfigError::Invalid {
                name: "DATABASE_URL",
                expected: "usable with sslmode=require: the system has no root certificates",
            })?),
            _ => None,
        };
        let manager = match &tls {
            Some(tls) => Manager::from_config(address, tls.clone(), recycling),
            None => Manager::from_config(address, NoTls, recycling),
        };
        let pool = Pool::builder(manager)
            .max_size(connections.clamp(1, MAX_CONNECTIONS))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|_| INVALID)?;
        Ok(Self {
            pool,
            tls,
            by_name: false,
        })
    }

    /// Runs a statement that may run twice: a broken connection gets it a second try on a new one.
    pub async fn query(
        &self,
        statement: &str,
        params: &[Param<'_>],
    ) -> Result<Vec<Row>, DatabaseError> {
        let twice = async {
            match self.attempt(statement, params).await {
                Err(DatabaseError::Broken(_)) => self.attempt(statement, params).await,
                result => result,
            }
        };
        tokio::time::timeout(PATIENCE, twice)
            .await
            .unwrap_or(Err(DatabaseError::TimedOut))
    }

    /// Runs a statement that must not run twice, such as one that uses up a token.
    pub async fn query_once(
        &self,
        statement: &str,
        params: &[Param<'_>],
    ) -> Result<Vec<Row>, DatabaseError> {
        let once = self.attempt(statement, params);
        tokio::time::timeout(PATIENCE, once)
            .await
            .unwrap_or(Err(DatabaseError::TimedOut))
    }

    async fn attempt(
        &self,
        statement: &str,
        params: &[Param<'_>],
    ) -> Result<Vec<Row>, DatabaseError> {
        let connection = self.pool.get().await.map_err(DatabaseError::Connect)?;
        let mut lease = Lease::new(connection, self.tls.clone());
        let rows = lease.run(statement, params, self.by_name).await?;
        lease.give_back();
        Ok(rows)
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").finish_non_exhaustive()
    }
}

fn parse(url: &Secret) -> Result<PostgresConfig, ConfigError> {
    PostgresConfig::from_str(url.expose()).map_err(|_| INVALID)
}

/// Has a session end its own statements in time. Only without a pooler, which may refuse what a session is to be started with. Options of
/// the address come last, and prevail.
fn limit_statements(address: &mut PostgresConfig) {
    let own = address.get_options().unwrap_or_default();
    let millis = STATEMENT_TIMEOUT.as_millis();
    let options = format!("-c statement_timeout={millis} {own}");
    address.options(options.trim_end());
}

/// TLS with the system's root certificates; `None` where the system has none. Single ones that cannot be read are left out: one bad
/// file among a hundred must not keep a function from starting.
fn tls() -> Option<MakeRustlsConnect> {
    MakeRustlsConnect::with_native_certs()
        .ok()
        .map(|(tls, _unreadable)| tls)
}
