//! The time that schedules go by.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::{Instant, sleep};

/// The longest sleep at a stretch. A machine that was suspended is noticed after at most this.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// The time that schedules go by.
#[derive(Debug, Clone)]
pub struct Clock {
    /// Of a clock that follows Tokio's time: when it started, and what it showed.
    follows: Option<(Instant, DateTime<Utc>)>,
}

impl Clock {
    /// The clock of the machine.
    pub fn system() -> Self {
        Self { follows: None }
    }

    /// A clock that shows `time` now and goes on with Tokio's time, which a test may pause and advance.
    pub fn starting_at(time: DateTime<Utc>) -> Self {
        Self {
            follows: Some((Instant::now(), time)),
        }
    }

    /// What the clock shows.
    pub fn now(&self) -> DateTime<Utc> {
        match self.follows {
            None => Utc::now(),
            Some((since, time)) => {
                time + TimeDelta::from_std(since.elapsed()).unwrap_or(TimeDelta::MAX)
            }
        }
    }

    /// Returns when the clock shows `time`, at once when it is past.
    pub async fn sleep_until(&self, time: DateTime<Utc>) {
        while let Ok(left) = (time - self.now()).to_std() {
            if left.is_zero() {
                return;
            }
            sleep(left.min(LONGEST_SLEEP)).await;
        }
    }
}
