//! The stack's clock in the gateway's resolution.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::clock;

/// The stack's clock in the gateway's resolution, and the only place where the gateway reads the time.
#[derive(Debug, Clone)]
pub(crate) struct Clock(clock::Clock);

impl Clock {
    pub(crate) fn new(clock: clock::Clock) -> Self {
        Self(clock)
    }

    pub(crate) fn now(&self) -> Moment {
        Moment(self.0.now().timestamp_millis())
    }

    /// Returns at that moment, at once when it is past.
    pub(crate) async fn sleep_until(&self, moment: Moment) {
        drop(self.0.sleep_until(moment.utc()).await);
    }
}

/// A point in time, in milliseconds since 1970, the resolution of every event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(i64);

impl Moment {
    pub(crate) const fn from_epoch_ms(milliseconds: i64) -> Self {
        Self(milliseconds)
    }

    pub(crate) const fn epoch_ms(self) -> i64 {
        self.0
    }

    /// As the access logs of web servers write it: `09/Feb/2024:18:11:43 +0000`.
    pub(crate) fn clf(self) -> String {
        self.utc().format("%d/%b/%Y:%H:%M:%S +0000").to_string()
    }

    /// `2026-01-02T03:04:05Z`.
    pub(crate) fn iso(self) -> String {
        self.utc().format("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    /// Nothing when `later` is in fact earlier: a machine's clock may be set back.
    pub(crate) fn until(self, later: Self) -> Duration {
        Duration::from_millis(u64::try_from(later.0 - self.0).unwrap_or(0))
    }

    pub(crate) fn after(self, duration: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)),
        )
    }

    fn utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_as_events_and_the_management_api_write_it() {
        let moment = Moment::from_epoch_ms(1_707_502_303_419);
        assert_eq!(moment.clf(), "09/Feb/2024:18:11:43 +0000");
        assert_eq!(moment.iso(), "2024-02-09T18:11:43Z");
    }

    #[test]
    fn a_clock_that_was_set_back_gives_no_negative_wait() {
        let now = Moment::from_epoch_ms(5_000);
        assert_eq!(
            now.until(Moment::from_epoch_ms(7_000)),
            Duration::from_secs(2)
        );
        assert_eq!(now.until(Moment::from_epoch_ms(4_000)), Duration::ZERO);
    }
}
