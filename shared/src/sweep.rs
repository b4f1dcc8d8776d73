//! What cleanup removes, in batches that stop before the function's deadline.

use std::time::Duration;

use serde::Serialize;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::{
    App,
    database::DatabaseError,
    session::{interval, recent},
};

/// Rows that one statement removes: a second's work at most, so that no lock is held for long.
const BATCH: i64 = 1_000;
/// What a batch and the report may take at the end.
const MARGIN: Duration = Duration::from_secs(5);

/// What a cleanup removed.
#[derive(Debug, Default, Serialize)]
pub struct SweepReport {
    /// Sessions past their end.
    pub expired_sessions: u64,
    /// Messages of sessions that are gone.
    pub orphaned_messages: u64,
    /// Messages older than `MESSAGE_RETENTION`; their idempotency keys stay.
    pub retired_messages: u64,
    /// Idempotency keys of sessions that are gone.
    pub orphaned_keys: u64,
    /// Refresh tokens past their lifetime.
    pub expired_tokens: u64,
    /// Whether nothing is left; if not, the next cleanup goes on.
    pub complete: bool,
}

/// Removes everything that is due, as long as there is time.
pub async fn sweep(
    app: &App,
    time_left: impl Fn() -> Duration,
) -> Result<SweepReport, DatabaseError> {
    let mut report = SweepReport::default();
    let retention = interval(app.config.message_retention);
    // Sessions first: what they leave behind is found in the same run.
    let steps = [
        (
            include_str!("sweep/expired_sessions.sql"),
            None,
            &mut report.expired_sessions,
        ),
        (
            include_str!("sweep/orphaned_messages.sql"),
            None,
            &mut report.orphaned_messages,
        ),
        (
            include_str!("sweep/orphaned_keys.sql"),
            None,
            &mut report.orphaned_keys,
        ),
        (
            include_str!("sweep/retired_messages.sql"),
            Some(&retention),
            &mut report.retired_messages,
        ),
        (
            include_str!("sweep/expired_tokens.sql"),
            None,
            &mut report.expired_tokens,
        ),
    ];
    let mut complete = true;
    for (statement, retention, count) in steps {
        complete &= batches(app, statement, retention, count, &time_left).await?;
    }
    report.complete = complete;
    Ok(report)
}

/// Runs one statement until a batch is not full; false if time ran out before.
async fn batches(
    app: &App,
    statement: &str,
    retention: Option<&String>,
    count: &mut u64,
    time_left: &impl Fn() -> Duration,
) -> Result<bool, DatabaseError> {
    while time_left() > MARGIN {
        let mut params = vec![(&BATCH as _, Type::INT8)];
        params.extend(retention.map(|retention| (retention as _, Type::TEXT)));
        let rows = app.database.query(statement, &params).await?;
        let Some(row) = rows.first() else {
            return Ok(true);
        };
        let removed: i64 = row.get("removed");
        *count += removed as u64;
        if retention.is_some() {
            // These sessions live on, and their recent lists still hold what is gone.
            recent::forget_all(&app.cache, &row.get::<_, Vec<Uuid>>("sessions")).await;
        }
        if removed < BATCH {
            return Ok(true);
        }
    }
    Ok(false)
}
