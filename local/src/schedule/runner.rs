//! Schedules that run.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::{Clock, Expression, ExpressionError, event};
use crate::{
    lambda::{InvokeError, Lambda},
    template::Schedule,
};

/// The schedules of a template, running until they are stopped or dropped.
#[derive(Debug)]
pub struct Schedules {
    entries: Vec<Arc<Entry>>,
    lambda: Lambda,
    clock: Clock,
    running: JoinSet<()>,
}

/// A schedule and its next run.
#[derive(Debug, Clone)]
pub struct Upcoming {
    /// As in the template.
    pub schedule: Schedule,
    /// `None` when it is disabled, or will not run again.
    pub next: Option<DateTime<Utc>>,
}

/// Why a schedule did not run when asked to.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// No schedule has that name.
    #[error("there is no schedule {0}")]
    Unknown(String),
    /// Lambda refused.
    #[error(transparent)]
    Invoke(#[from] InvokeError),
}

#[derive(Debug)]
struct Entry {
    schedule: Schedule,
    expression: Expression,
    next: Mutex<Option<DateTime<Utc>>>,
}

impl Schedules {
    /// Starts every enabled schedule; must be called within a Tokio runtime.
    pub fn start(
        schedules: Vec<Schedule>,
        lambda: Lambda,
        clock: Clock,
    ) -> Result<Self, ExpressionError> {
        let entries: Result<Vec<_>, _> = schedules
            .into_iter()
            .map(|schedule| Entry::new(schedule, &clock))
            .collect();
        let entries = entries?;
        let mut running = JoinSet::new();
        for entry in entries.iter().filter(|entry| entry.schedule.enabled) {
            running.spawn(run(Arc::clone(entry), lambda.clone(), clock.clone()));
        }
        Ok(Self {
            entries,
            lambda,
            clock,
            running,
        })
    }

    /// Every schedule with its next run, in the order of the template.
    pub fn list(&self) -> Vec<Upcoming> {
        let upcoming = |entry: &Arc<Entry>| Upcoming {
            schedule: entry.schedule.clone(),
            next: *entry.next(),
        };
        self.entries.iter().map(upcoming).collect()
    }

    /// Runs a schedule now, even a disabled one, and gives the request id of the invocation. Its next run stays.
    pub fn run_now(&self, name: &str) -> Result<Uuid, RunError> {
        let entry = self
            .entries
            .iter()
            .find(|entry| entry.schedule.name == name);
        let entry = entry.ok_or_else(|| RunError::Unknown(name.to_owned()))?;
        Ok(entry.run(&self.lambda, self.clock.now())?)
    }

    /// Stops every schedule. Invocations that were handed to Lambda go on.
    pub async fn stop(mut self) {
        self.running.shutdown().await;
    }
}

impl Entry {
    fn new(schedule: Schedule, clock: &Clock) -> Result<Arc<Self>, ExpressionError> {
        let expression = Expression::parse(
            &schedule.expression,
            schedule.timezone.as_deref(),
            schedule.kind,
        )?;
        let next = if schedule.enabled {
            expression.first(clock.now())
        } else {
            None
        };
        Ok(Arc::new(Self {
            schedule,
            expression,
            next: Mutex::new(next),
        }))
    }

    fn next(&self) -> MutexGuard<'_, Option<DateTime<Utc>>> {
        self.next.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, lambda: &Lambda, due: DateTime<Utc>) -> Result<Uuid, InvokeError> {
        let payload = event::payload(&self.schedule, due, Uuid::new_v4());
        lambda.invoke_async(&self.schedule.function, payload)
    }
}

async fn run(entry: Arc<Entry>, lambda: Lambda, clock: Clock) {
    loop {
        let Some(due) = *entry.next() else { return };
        clock.sleep_until(due).await;
        if let Err(error) = entry.run(&lambda, due) {
            tracing::warn!("schedule {} did not run: {error}", entry.schedule.name);
        }
        // After a suspended machine wakes, what was missed meanwhile is not made up for.
        let mut next = entry.expression.after(due);
        while let Some(time) = next.filter(|time| *time <= clock.now()) {
            next = entry.expression.after(time);
        }
        *entry.next() = next;
    }
}
