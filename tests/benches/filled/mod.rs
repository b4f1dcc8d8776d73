//! A database with many sessions.

use tokio_postgres::{Client, Error};

/// 20,000 users in `sessions` sessions, each with `messages` messages of its owner. Every second session has ended; nothing is past
/// retention.
pub(crate) async fn fill(database: &Client, sessions: i64, messages: i64) -> Result<(), Error> {
    let statements = include_str!("fill.sql")
        .replace(":sessions", &sessions.to_string())
        .replace(":messages", &messages.to_string());
    database.batch_execute(&statements).await
}
