//! What cleanup would remove, counted and left alone.

use std::time::{Duration, Instant};

use tokio_postgres::types::Type;
use uuid::Uuid;

use super::{MARGIN, Pace, SweepReport, metrics};
use crate::{
    App,
    database::{DatabaseError, Param},
    session::interval,
};

/// Sessions that one statement looks into: as many as a busy database counts within the patience for a statement.
const SESSIONS: i64 = 500;

/// A count that goes through sessions in the order of their ids, some at a time.
struct Count {
    statement: &'static str,
    counts: &'static [&'static str],
    /// Whether it takes `MESSAGE_RETENTION`.
    retires: bool,
}

const BY_SESSION: [Count; 3] = [
    Count {
        statement: include_str!("count_expired_sessions.sql"),
        counts: &["expired_sessions", "orphaned_messages", "orphaned_keys"],
        retires: false,
    },
    Count {
        statement: include_str!("count_gone_sessions.sql"),
        counts: &["orphaned_messages", "orphaned_keys"],
        retires: false,
    },
    Count {
        statement: include_str!("count_retired_messages.sql"),
        counts: &["retired_messages"],
        retires: true,
    },
];
const EXPIRED: &str = include_str!("count_expired.sql");
const EXPIRED_COUNTS: [&str; 4] = [
    "expired_tokens",
    "expired_invites",
    "expired_tickets",
    "expired_attempts",
];

/// Counts what [`super::sweep`] would remove now, and removes nothing.
pub async fn dry_run(
    app: &App,
    time_left: impl Fn() -> Duration,
) -> Result<SweepReport, DatabaseError> {
    let began = Instant::now();
    let mut report = SweepReport::begin();
    report.dry_run = true;
    let time_is_up =
        || began.elapsed() + Pace::LONGEST > app.config.cleanup_slice || time_left() < MARGIN;
    report.complete = true;
    for count in &BY_SESSION {
        report.complete &= by_session(app, count, &mut report, &time_is_up).await?;
    }
    if let Some(row) = app.database.query(EXPIRED, &[]).await?.first() {
        for name in EXPIRED_COUNTS {
            report.add(name, row.get(name));
        }
    }
    report.millis = began.elapsed().as_millis() as u64;
    metrics::emit(&report);
    Ok(report)
}

/// False if time ran out before the last session.
async fn by_session(
    app: &App,
    count: &Count,
    report: &mut SweepReport,
    time_is_up: &impl Fn() -> bool,
) -> Result<bool, DatabaseError> {
    let retention = interval(app.config.message_retention);
    let mut after = Uuid::nil();
    while !time_is_up() {
        let began = Instant::now();
        let mut params: Vec<Param<'_>> = vec![(&after, Type::UUID), (&SESSIONS, Type::INT8)];
        if count.retires {
            params.push((&retention, Type::TEXT));
        }
        let rows = app.database.query(count.statement, &params).await?;
        report.batch(began.elapsed());
        let last = rows.first().and_then(|row| row.get("last"));
        let (Some(row), Some(last)) = (rows.first(), last) else {
            return Ok(true);
        };
        for name in count.counts {
            report.add(name, row.get(name));
        }
        after = last;
    }
    Ok(false)
}
