//! What Redis was not told of. Whoever altered a session and could not write to its list notes that in PostgreSQL before anybody is
//! told of the alteration; whoever reads lists looks for such notes every few seconds, and drops what they name.
//!
//! Why PostgreSQL: the one who could not reach Redis cannot leave anything there, and may be frozen or gone when it can be reached again.
//! Why the readers: a list that nobody reads harms nobody.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use chrono::Utc;
use tokio::time::timeout;
use tokio_postgres::{Row, types::Type};
use uuid::Uuid;

use super::write::drop_lists;
use crate::{
    App,
    code::log_failure,
    database::{Database, DatabaseError},
};

/// How often an environment looks.
const PERIOD_MILLIS: i64 = 3_000;
/// The same after a look that failed, or found what it could not drop.
const AGAIN_MILLIS: i64 = 1_000;
/// A ping does without PostgreSQL, so it does not wait for it as long as a send does.
const PATIENCE: Duration = Duration::from_millis(500);
/// Notes that are read at once.
const BATCH: usize = 1_000;

/// When an environment looks for notes, and where it goes on.
#[derive(Debug, Default)]
pub struct Lookout {
    /// Unix milliseconds. The wall clock, because a frozen environment's other clock may stand still.
    due: AtomicI64,
    /// The notes up to this session's were read, and some of them may stay there.
    after: Mutex<Uuid>,
}

impl Lookout {
    /// Whether it is time; the next time is a period later.
    fn is_due(&self, now: i64) -> bool {
        let due = self.due.load(Ordering::Relaxed);
        // A time that is further off than a period was set by a clock that has been put back.
        let waits = now < due && due <= now + PERIOD_MILLIS;
        let next = now + PERIOD_MILLIS;
        !waits
            && self
                .due
                .compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }

    fn again_at(&self, time: i64) {
        self.due.store(time, Ordering::Relaxed);
    }

    fn after(&self) -> Uuid {
        *self.after.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn go_on_after(&self, session: Uuid) {
        *self.after.lock().unwrap_or_else(PoisonError::into_inner) = session;
    }
}

/// Notes that Redis could not be told of an alteration of some sessions. It has to be committed before.
pub(super) async fn note(database: &Database, sessions: &[Uuid]) -> Result<(), DatabaseError> {
    let params = [
        (&sessions as _, Type::UUID_ARRAY),
        (&Uuid::now_v7() as _, Type::UUID),
    ];
    database
        .query(include_str!("sql/note.sql"), &params)
        .await
        .map(drop)
}

/// Drops the lists that Redis was not told about, if this environment has not looked for such for three seconds. Comes before every
/// use of a list, so that none is older than that: one small statement in three seconds for each environment.
///
/// What fails is tried again a second later, and the lists are believed meanwhile: who cannot reach Redis reads none, and without
/// PostgreSQL they are all that there is.
pub async fn catch_up(app: &App) {
    let now = Utc::now().timestamp_millis();
    if !app.lookout.is_due(now) {
        return;
    }
    let looked = timeout(PATIENCE, look(app))
        .await
        .unwrap_or(Err(DatabaseError::TimedOut));
    let all = looked.unwrap_or_else(|error| {
        log_failure(&error, "looking for what Redis was not told of");
        false
    });
    if !all {
        app.lookout.again_at(now + AGAIN_MILLIS);
    }
}

/// Whether every list that was noted is gone.
async fn look(app: &App) -> Result<bool, DatabaseError> {
    let mut after = app.lookout.after();
    // What stands before the place where this look begins is for the next one.
    let mut all = after.is_nil();
    loop {
        let notes = notes(app, after).await?;
        let dropped = drop_noted(app, &notes).await?;
        all &= dropped == notes.len();
        after = match notes.last() {
            Some((last, _)) if notes.len() == BATCH => *last,
            _ => Uuid::nil(),
        };
        app.lookout.go_on_after(after);
        // Nothing could be dropped: the rest may be on a node that answers, and is for the next look.
        if after.is_nil() || dropped == 0 {
            return Ok(all && after.is_nil());
        }
    }
}

/// Sessions that were noted, each with its mark.
async fn notes(app: &App, after: Uuid) -> Result<Vec<(Uuid, Uuid)>, DatabaseError> {
    let params = [
        (&after as _, Type::UUID),
        (&(BATCH as i64) as _, Type::INT8),
    ];
    let rows = app
        .database
        .query(include_str!("sql/notes.sql"), &params)
        .await?;
    let note = |row: &Row| (row.get("session_id"), row.get("mark"));
    Ok(rows.iter().map(note).collect())
}

/// Drops the lists of some notes, and then those notes. How many that were.
async fn drop_noted(app: &App, notes: &[(Uuid, Uuid)]) -> Result<usize, DatabaseError> {
    let sessions: Vec<Uuid> = notes.iter().map(|(session, _)| *session).collect();
    let dropped = drop_lists(&app.cache, &sessions).await;
    let done = notes.iter().zip(dropped).filter(|(_, dropped)| *dropped);
    let (sessions, marks): (Vec<Uuid>, Vec<Uuid>) = done.map(|(note, _)| *note).unzip();
    if !sessions.is_empty() {
        let params = [
            (&sessions as _, Type::UUID_ARRAY),
            (&marks as _, Type::UUID_ARRAY),
        ];
        app.database
            .query(include_str!("sql/done.sql"), &params)
            .await?;
    }
    Ok(sessions.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_looks_once_in_a_period() {
        let (lookout, now) = (Lookout::default(), 1_000_000);
        assert!(lookout.is_due(now));
        assert!(!lookout.is_due(now));
        assert!(!lookout.is_due(now + PERIOD_MILLIS - 1));
        assert!(lookout.is_due(now + PERIOD_MILLIS));
    }

    #[test]
    fn a_look_that_failed_is_made_up_for_sooner() {
        let (lookout, now) = (Lookout::default(), 1_000_000);
        assert!(lookout.is_due(now));
        lookout.again_at(now + AGAIN_MILLIS);
        assert!(!lookout.is_due(now + AGAIN_MILLIS - 1));
        assert!(lookout.is_due(now + AGAIN_MILLIS));
    }

    #[test]
    fn a_clock_that_is_put_back_stops_no_look() {
        let (lookout, now) = (Lookout::default(), 1_000_000_000);
        assert!(lookout.is_due(now));
        assert!(lookout.is_due(now - 60_000));
        assert!(!lookout.is_due(now - 60_000));
    }
}
