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

/// How many sessions the command line asks for, and how many messages in each: 100,000 with 50 unless it says.
pub(crate) fn arguments() -> (i64, i64) {
    let mut numbers = std::env::args()
        .skip(1)
        .filter_map(|text| text.parse().ok());
    (
        numbers.next().unwrap_or(100_000),
        numbers.next().unwrap_or(50),
    )
}
