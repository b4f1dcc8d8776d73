//! Schedules that run.

use std::{
    iter::successors,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Utc};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::{Expression, ExpressionError, event};
use crate::{
    clock::Clock,
    lambda::{InvokeError, Lambda},
    template::Schedule,
};

/// How many runs after the next one a list shows.
const LATER: usize = 2;

/// The schedules of a template, running until they are stopped or dropped.
#[derive(Debug)]
pub struct Schedules {
    book: ScheduleBook,
    running: JoinSet<()>,
}

/// The schedules of a template, to look at and to run by hand; cheap to clone. What runs by itself is [`Schedules`].
#[derive(Debug, Clone)]
pub struct ScheduleBook {
    entries: Arc<[Arc<Entry>]>,
    lambda: Lambda,
    clock: Clock,
}

/// A schedule and its next run.
#[derive(Debug, Clone)]
pub struct Upcoming {
    /// As in the template.
    pub schedule: Schedule,
    /// `None` when it is disabled, or will not run again.
    pub next: Option<DateTime<Utc>>,
    /// The runs after that, at most two.
    pub later: Vec<DateTime<Utc>>,
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
        let book = ScheduleBook {
            entries: entries.into(),
            lambda,
            clock,
        };
        Ok(Self { book, running })
    }

    /// The same schedules, to look at and to run by hand.
    pub fn book(&self) -> &ScheduleBook {
        &self.book
    }

    /// [`ScheduleBook::list`].
    pub fn list(&self) -> Vec<Upcoming> {
        self.book.list()
    }

    /// [`ScheduleBook::run_now`].
    pub fn run_now(&self, name: &str) -> Result<Uuid, RunError> {
        self.book.run_now(name)
    }

    /// Stops every schedule. Invocations that were handed to Lambda go on.
    pub async fn stop(mut self) {
        self.running.shutdown().await;
    }
}

impl ScheduleBook {
    /// Every schedule with its next runs, in the order of the template.
    pub fn list(&self) -> Vec<Upcoming> {
        self.entries.iter().map(|entry| entry.upcoming()).collect()
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

    fn upcoming(&self) -> Upcoming {
        let next = *self.next();
        let runs = successors(next, |time| self.expression.after(*time));
        Upcoming {
            schedule: self.schedule.clone(),
            next,
            later: runs.skip(1).take(LATER).collect(),
        }
    }

    fn run(&self, lambda: &Lambda, due: DateTime<Utc>) -> Result<Uuid, InvokeError> {
        let payload = event::payload(&self.schedule, due, Uuid::new_v4());
        lambda.invoke_async(&self.schedule.function, payload)
    }
}

async fn run(entry: Arc<Entry>, lambda: Lambda, clock: Clock) {
    loop {
        let Some(due) = *entry.next() else { return };
        // Until the next run is known, so that a clock which is moved on by hand misses none.
        let _hold = clock.sleep_until(due).await;
        if let Err(error) = entry.run(&lambda, due) {
            tracing::warn!("schedule {} did not run: {error}", entry.schedule.name);
        }
        // After a suspended machine wakes, what was missed meanwhile is not made up for.
        *entry.next() = entry.expression.after_missed(due, clock.now());
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt, time::Duration};

    use chrono::{DateTime, Utc};
    use tempfile::TempDir;

    use super::{Clock, Lambda, RunError, Schedules};
    use crate::{
        lambda::LambdaOptions,
        logs::Logs,
        template::{Function, Schedule, ScheduleKind},
    };

    /// Appends every event to `events`.
    const RECORDER: &str = r#"#!/usr/bin/env python3
import http.client, os
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
while True:
    api.request("GET", "/2018-06-01/runtime/invocation/next")
    answer = api.getresponse()
    with open("events", "ab") as events: events.write(answer.read() + b"\n")
    path = "/2018-06-01/runtime/invocation/" + answer.headers["Lambda-Runtime-Aws-Request-Id"] + "/response"
    api.request("POST", path, "null")
    api.getresponse().read()
"#;

    fn recorder() -> (TempDir, Lambda) {
        let folder = tempfile::tempdir().unwrap();
        let bootstrap = folder.path().join("bootstrap");
        fs::write(&bootstrap, RECORDER).unwrap();
        fs::set_permissions(&bootstrap, fs::Permissions::from_mode(0o755)).unwrap();
        let function = Function {
            timeout: Duration::from_secs(5),
            ..Function::named("Fn")
        };
        let options = LambdaOptions {
            code_root: folder.path().to_owned(),
            ..LambdaOptions::default()
        };
        (
            folder,
            Lambda::start(
                BTreeMap::from([("Fn".to_owned(), function)]),
                options,
                Logs::new(),
            ),
        )
    }

    fn schedule(expression: &str, input: &str, enabled: bool) -> Schedule {
        Schedule {
            name: format!("Fn{input}"),
            function: "Fn".to_owned(),
            expression: expression.to_owned(),
            timezone: None,
            input: Some(input.to_owned()),
            kind: ScheduleKind::Scheduler,
            enabled,
        }
    }

    fn time(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    async fn recorded(folder: &TempDir, count: usize) -> String {
        for _ in 0..500 {
            let events = fs::read_to_string(folder.path().join("events")).unwrap_or_default();
            if events.lines().count() >= count {
                return events;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("fewer than {count} events");
    }

    #[tokio::test]
    async fn a_rate_of_the_scheduler_runs_at_once_and_a_disabled_one_only_when_asked() {
        let (folder, lambda) = recorder();
        let clock = Clock::starting_at(time("2026-11-23T10:00:30Z"));
        let all = vec![
            schedule("rate(1 minute)", "1", true),
            schedule("rate(1 minute)", "2", false),
        ];
        let schedules = Schedules::start(all, lambda.clone(), clock).unwrap();
        assert_eq!(recorded(&folder, 1).await, "1\n");
        let next = schedules.list()[0].next.unwrap();
        assert!(
            (next - time("2026-11-23T10:01:30Z")).num_seconds().abs() < 2,
            "{next}"
        );
        assert_eq!(schedules.list()[1].next, None);
        schedules.run_now("Fn2").unwrap();
        assert_eq!(recorded(&folder, 2).await, "1\n2\n");
        assert!(matches!(schedules.run_now("Fn3"), Err(RunError::Unknown(name)) if name == "Fn3"));
        schedules.stop().await;
        lambda.stop().await;
    }

    #[tokio::test]
    async fn a_clock_that_is_moved_on_runs_each_schedule_as_often_as_the_time_has_it() {
        let (folder, lambda) = recorder();
        let clock = Clock::starting_at(time("2026-11-23T09:59:30Z"));
        let all = vec![
            schedule("cron(0/20 * * * ? *)", "1", true),
            schedule("at(2026-11-23T10:30:00)", "2", true),
        ];
        let schedules = Schedules::start(all, lambda.clone(), clock.clone()).unwrap();
        tokio::task::yield_now().await;
        clock.advance(Duration::from_secs(3600)).await.unwrap();
        let mut events: Vec<_> = recorded(&folder, 4)
            .await
            .lines()
            .map(str::to_owned)
            .collect();
        events.sort();
        assert_eq!(events, ["1", "1", "1", "2"], "10:00, 10:20, 10:40; 10:30");
        let next = schedules.list();
        assert_eq!(next[0].next, Some(time("2026-11-23T11:00:00Z")));
        assert_eq!(
            next[0].later,
            [time("2026-11-23T11:20:00Z"), time("2026-11-23T11:40:00Z")]
        );
        assert_eq!((next[1].next, next[1].later.len()), (None, 0));
        schedules.stop().await;
        lambda.stop().await;
    }

    #[tokio::test]
    async fn a_time_that_comes_is_run_once_and_a_time_that_was_is_not_run() {
        let (folder, lambda) = recorder();
        let clock = Clock::starting_at(time("2026-11-23T09:59:59.700Z"));
        let all = vec![
            schedule("at(2026-11-23T10:00:00)", "1", true),
            schedule("at(2026-11-23T09:59:59)", "2", true),
            schedule("cron(0 10 * * ? *)", "3", true),
        ];
        let schedules = Schedules::start(all, lambda.clone(), clock).unwrap();
        let mut events: Vec<String> = recorded(&folder, 2)
            .await
            .lines()
            .map(str::to_owned)
            .collect();
        events.sort();
        assert_eq!(events, ["1", "3"]);
        let next: Vec<_> = schedules
            .list()
            .into_iter()
            .map(|upcoming| upcoming.next)
            .collect();
        assert_eq!(next, [None, None, Some(time("2026-11-24T10:00:00Z"))]);
        schedules.stop().await;
        lambda.stop().await;
    }
}
