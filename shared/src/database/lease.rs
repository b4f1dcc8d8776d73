//! A connection for the time of one statement.

use std::time::Duration;

use deadpool_postgres::{ClientWrapper, Object};
use tokio::{runtime::Handle, time::timeout};
use tokio_postgres::{
    Error, NoTls, Row, Statement,
    error::SqlState,
    types::{ToSql, Type},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::Param;

/// How long PostgreSQL is asked to end a statement that nobody waits for. It takes a moment, or does not work.
const CANCEL_PATIENCE: Duration = Duration::from_secs(1);

/// What PostgreSQL says where a connection does not know a statement by its name any more, or where a migration has changed the types of
/// its answer. Nothing has run.
const STALE: [SqlState; 2] = [
    SqlState::INVALID_SQL_STATEMENT_NAME,
    SqlState::FEATURE_NOT_SUPPORTED,
];

/// A connection that returns to the pool only after a complete answer. One whose caller gave up may have a statement running, which
/// the next caller would have to wait for: it is closed instead. As PostgreSQL does not notice that while the statement waits for a lock, it
/// is asked to end it; otherwise every try behind the same lock would leave another one waiting there.
pub(super) struct Lease {
    connection: Option<Object>,
    /// As the connection has it; for the request to end its statement, which goes by one of its own.
    tls: Option<MakeRustlsConnect>,
    under_way: bool,
}

impl Lease {
    pub(super) fn new(connection: Object, tls: Option<MakeRustlsConnect>) -> Self {
        Self {
            connection: Some(connection),
            tls,
            under_way: false,
        }
    }

    /// Runs a statement, by name if the connection may know it by one.
    pub(super) async fn run(
        &mut self,
        statement: &str,
        params: &[Param<'_>],
        by_name: bool,
    ) -> Result<Vec<Row>, Error> {
        self.under_way = true;
        let answer = match by_name {
            true => self.query_by_name(statement, params).await,
            false => self.query(statement, params).await,
        };
        self.under_way = false;
        answer
    }

    /// Runs a statement by its text: one round trip, and a plan for it alone.
    async fn query(&self, statement: &str, params: &[Param<'_>]) -> Result<Vec<Row>, Error> {
        self.connection().query_typed(statement, params).await
    }

    /// Runs a statement by a name that this connection knows it by. The first time takes a round trip more, every other saves PostgreSQL
    /// reading and planning it.
    async fn query_by_name(
        &self,
        statement: &str,
        params: &[Param<'_>],
    ) -> Result<Vec<Row>, Error> {
        let connection = self.connection();
        let types: Vec<Type> = params.iter().map(|(_, of)| of.clone()).collect();
        let answer = async {
            let prepared = connection.prepare_typed_cached(statement, &types).await?;
            self.query_prepared(&prepared, params).await
        };
        match answer.await {
            Err(error) if error.code().is_some_and(|code| STALE.contains(code)) => {
                tracing::warn!("a prepared statement was forgotten; is a pooler in between?");
                connection.statement_cache.remove(statement, &types);
                self.query(statement, params).await
            }
            answer => answer,
        }
    }

    #[expect(clippy::disallowed_methods, reason = "the statement is prepared")]
    async fn query_prepared(
        &self,
        prepared: &Statement,
        params: &[Param<'_>],
    ) -> Result<Vec<Row>, Error> {
        let values: Vec<&(dyn ToSql + Sync)> = params.iter().map(|(value, _)| *value).collect();
        self.connection().query(prepared, &values).await
    }

    /// Back to the pool.
    pub(super) fn give_back(mut self) {
        self.connection.take();
    }

    fn connection(&self) -> &Object {
        self.connection
            .as_ref()
            .expect("a lease holds its connection until it is given back")
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(object) = self.connection.take() else {
            return;
        };
        let connection = Object::take(object);
        if self.under_way
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(end_statement(connection, self.tls.take()));
        }
    }
}

/// Asks PostgreSQL to end what runs on a connection, and closes it then. A pooler may pass the request on, but PgBouncer, for one, drops it
/// as soon as its sender hangs up.
async fn end_statement(connection: ClientWrapper, tls: Option<MakeRustlsConnect>) {
    let token = connection.cancel_token();
    let asked = async {
        match tls {
            Some(tls) => token.cancel_query(tls).await,
            None => token.cancel_query(NoTls).await,
        }
    };
    match timeout(CANCEL_PATIENCE, asked).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!("a statement that was given up may go on: {error}"),
        Err(_) => tracing::debug!("a statement that was given up may go on"),
    }
}
