//! Statements that nobody waits for any more: PostgreSQL ends them, and they do not pile up behind a lock.

use futures_util::future::join_all;
use shared::{
    code::{Code, Coded},
    config::{Config, Secret},
    database::{Database, DatabaseError},
};
use tests::TestStack;
use tokio_postgres::Client;

use crate::registry::eventually;

/// Holds the rows of all sessions until it is dropped.
async fn lock(stack: &TestStack) -> Client {
    let holder = stack.database().await;
    let lock = "BEGIN; SELECT FROM sessions FOR UPDATE";
    holder.batch_execute(lock).await.unwrap();
    holder
}

/// How many statements wait for a lock.
async fn waiting(watcher: &Client) -> i64 {
    let count = "SELECT count(*) FROM pg_stat_activity \
                 WHERE wait_event_type = 'Lock' AND datname = current_database()";
    watcher.query_typed(count, &[]).await.unwrap()[0].get(0)
}

#[tokio::test]
async fn a_statement_that_was_given_up_is_ended_also_without_a_time_limit_of_the_databases() {
    let stack = TestStack::with().no_schedules().start().await;
    stack.guest().await.open_session("Kettles").await;
    let (holder, watcher) = (lock(&stack).await, stack.database().await);
    let url = Secret::from(stack.stack().database_url().unwrap());
    let database = Database::at(&url, 4).unwrap();
    let given_up = (0..4).map(|_| database.query("SELECT FROM sessions FOR UPDATE", &[]));
    for answer in join_all(given_up).await {
        assert!(matches!(answer, Err(DatabaseError::TimedOut)), "{answer:?}");
    }
    eventually(0, async || waiting(&watcher).await).await;
    drop(holder);
    // The next caller has a connection that nothing is left of it on.
    database.query("SELECT FROM sessions", &[]).await.unwrap();
}

#[tokio::test]
async fn sends_behind_a_lock_leave_no_statements_behind() {
    let stack = TestStack::with().no_schedules().start().await;
    if stack.has_pooler() {
        // It need not pass on that a statement is to end.
        return;
    }
    let ada = stack.guest().await;
    let session = ada.open_session("Kettles").await;
    let (holder, watcher) = (lock(&stack).await, stack.database().await);
    for _ in 0..2 {
        for sent in join_all((0..4).map(|_| ada.rest.send(&session, "m1", "Often"))).await {
            assert_eq!(sent.code(), Some("unavailable"));
        }
    }
    eventually(0, async || waiting(&watcher).await).await;
    drop(holder);
    let sent = ada.rest.send(&session, "m1", "Often").await.ok();
    assert_eq!(sent["message"]["seq"], 1, "{sent}");
}

#[tokio::test]
async fn postgresql_has_a_time_limit_itself_where_no_pooler_is_in_the_way() {
    let stack = TestStack::with().no_schedules().start().await;
    let owner = stack.database().await;
    let own: String = owner
        .query_typed("SHOW statement_timeout", &[])
        .await
        .unwrap()[0]
        .get(0);
    let url = stack.stack().database_url().unwrap();
    let database = |prepared, url| {
        let changes = [("PREPARED_STATEMENTS", prepared), ("DATABASE_URL", url)];
        let config = Config::read(stack.variables("WsMessageFunction", &changes));
        Database::new(&config.unwrap()).unwrap()
    };
    for (prepared, expected) in [("on", "3s"), ("off", &*own)] {
        let rows = database(prepared, url)
            .query("SHOW statement_timeout", &[])
            .await
            .unwrap();
        assert_eq!(rows[0].get::<_, &str>(0), expected, "{prepared}");
    }
    // What the address says prevails, and who met the limit may try again.
    let next = if url.contains('?') { '&' } else { '?' };
    let quick = format!("{url}{next}options=-c%20statement_timeout%3D100");
    let ended = database("on", &quick)
        .query("SELECT FROM pg_sleep(1)", &[])
        .await
        .unwrap_err();
    assert_eq!(ended.code(), Code::Unavailable, "{ended}");
}
