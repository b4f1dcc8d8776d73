//! A connection for the time of one statement.

use deadpool_postgres::Object;
use tokio_postgres::{
    Error, Row, Statement,
    error::SqlState,
    types::{ToSql, Type},
};

use super::Param;

/// What PostgreSQL says where a connection does not know a statement by its name any more, or where a migration has changed the types of
/// its answer. Nothing has run.
const STALE: [SqlState; 2] = [
    SqlState::INVALID_SQL_STATEMENT_NAME,
    SqlState::FEATURE_NOT_SUPPORTED,
];

/// A connection that returns to the pool only after a complete answer. One whose caller gave up may have a statement running, which
/// the next caller would have to wait for: it is closed instead.
pub(super) struct Lease(Option<Object>);

impl Lease {
    pub(super) fn new(connection: Object) -> Self {
        Self(Some(connection))
    }

    /// Runs a statement by its text: one round trip, and a plan for it alone.
    pub(super) async fn query(
        &self,
        statement: &str,
        params: &[Param<'_>],
    ) -> Result<Vec<Row>, Error> {
        self.connection().query_typed(statement, params).await
    }

    /// Runs a statement by a name that this connection knows it by. The first time takes a round trip more, every other saves PostgreSQL
    /// reading and planning it.
    pub(super) async fn query_by_name(
        &self,
        statement: &str,
        params: &[Param<'_>],
    ) -> Result<Vec<Row>, Error> {
        let connection = self.connection();
        let types: Vec<Type> = params.iter().map(|(_, of)| of.clone()).collect();
        let answer = async {
            let prepared = connection.prepare_typed_cached(statement, &types).await?;
            self.run(&prepared, params).await
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
    async fn run(&self, prepared: &Statement, params: &[Param<'_>]) -> Result<Vec<Row>, Error> {
        let values: Vec<&(dyn ToSql + Sync)> = params.iter().map(|(value, _)| *value).collect();
        self.connection().query(prepared, &values).await
    }

    /// Back to the pool.
    pub(super) fn give_back(mut self) {
        self.0.take();
    }

    fn connection(&self) -> &Object {
        self.0
            .as_ref()
            .expect("a lease holds its connection until it is given back")
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(object) = self.0.take() {
            drop(Object::take(object));
        }
    }
}
