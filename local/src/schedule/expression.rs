//! When a schedule runs: `rate(…)`, `cron(…)` and `at(…)`.

use chrono::{DateTime, NaiveDateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use super::cron::{Cron, CronError};
use crate::template::ScheduleKind;

/// When a schedule runs.
#[derive(Debug, Clone)]
pub struct Expression {
    timing: Timing,
    kind: ScheduleKind,
}

#[derive(Debug, Clone)]
enum Timing {
    Rate(TimeDelta),
    Cron {
        cron: Cron,
        timezone: Tz,
    },
    /// Never, when daylight saving skips that local time.
    At(Option<DateTime<Utc>>),
}

/// Why EventBridge would refuse a schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionError {
    /// Neither `rate(…)` nor `cron(…)` nor, for `ScheduleV2`, `at(…)`.
    #[error("{0} is not a schedule: write rate(…) or cron(…), or for ScheduleV2 at(…)")]
    Form(String),
    /// Something else within `rate(…)` than a positive number and its unit.
    #[error(
        "{0} is not a rate: write a positive number and minute, hour or day, with an s unless the number is 1"
    )]
    Rate(String),
    /// Six fields that are no time.
    #[error("{0}")]
    Cron(#[from] CronError),
    /// Something else within `at(…)` than a local time.
    #[error("{0} is not a time: write at(yyyy-mm-ddThh:mm:ss)")]
    At(String),
    /// Not a name of the time zone database.
    #[error("{0} is not a time zone")]
    Timezone(String),
}

impl Expression {
    /// Reads an expression as the service of that kind does. The time zone is one of the IANA database; `None` is UTC.
    pub fn parse(
        text: &str,
        timezone: Option<&str>,
        kind: ScheduleKind,
    ) -> Result<Self, ExpressionError> {
        let timezone: Tz = match timezone {
            Some(name) => name
                .parse()
                .map_err(|_| ExpressionError::Timezone(name.to_owned()))?,
            None => Tz::UTC,
        };
        let (form, content) = text
            .trim()
            .strip_suffix(')')
            .and_then(|text| text.split_once('('))
            .ok_or_else(|| ExpressionError::Form(text.to_owned()))?;
        let timing = match (form, kind) {
            ("rate", _) => {
                Timing::Rate(rate(content).ok_or_else(|| ExpressionError::Rate(text.to_owned()))?)
            }
            ("cron", _) => Timing::Cron {
                cron: Cron::parse(content, kind)?,
                timezone,
            },
            ("at", ScheduleKind::Scheduler) => Timing::At(
                at(content, timezone).ok_or_else(|| ExpressionError::At(text.to_owned()))?,
            ),
            _ => return Err(ExpressionError::Form(text.to_owned())),
        };
        Ok(Self { timing, kind })
    }

    /// The first run of a schedule that is created at `now`. A rate of EventBridge Scheduler runs at once, one of a rule
    /// after its period.
    pub fn first(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match (&self.timing, self.kind) {
            (Timing::Rate(_), ScheduleKind::Scheduler) => Some(now),
            _ => self.after(now),
        }
    }

    /// The run that follows one at `previous`, if there is any.
    pub fn after(&self, previous: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match &self.timing {
            Timing::Rate(period) => previous.checked_add_signed(*period),
            Timing::Cron { cron, timezone } => cron.after(previous, *timezone),
            Timing::At(time) => time.filter(|time| *time > previous),
        }
    }

    /// The same without the runs up to `now`. They are not counted one by one: of a schedule of every minute, a month has 43,200.
    pub fn after_missed(
        &self,
        previous: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        let reached = match &self.timing {
            Timing::Rate(period) => {
                let missed = (now - previous).num_seconds() / period.num_seconds();
                let seconds = missed.max(0).checked_mul(period.num_seconds())?;
                previous.checked_add_signed(TimeDelta::try_seconds(seconds)?)?
            }
            Timing::Cron { .. } | Timing::At(_) => now.max(previous),
        };
        self.after(reached)
    }
}

fn rate(content: &str) -> Option<TimeDelta> {
    let (number, unit) = content.split_once(' ')?;
    let value: i64 = number
        .parse()
        .ok()
        .filter(|_| number.bytes().all(|byte| byte.is_ascii_digit()))?;
    match (value, unit) {
        (1, "minute") => TimeDelta::try_minutes(1),
        (1, "hour") => TimeDelta::try_hours(1),
        (1, "day") => TimeDelta::try_days(1),
        (2.., "minutes") => TimeDelta::try_minutes(value),
        (2.., "hours") => TimeDelta::try_hours(value),
        (2.., "days") => TimeDelta::try_days(value),
        _ => None,
    }
}

/// `None` when the text is no time; nothing within it when it is one that does not come.
fn at(content: &str, timezone: Tz) -> Option<Option<DateTime<Utc>>> {
    let local = NaiveDateTime::parse_from_str(content, "%Y-%m-%dT%H:%M:%S").ok()?;
    let time = timezone.from_local_datetime(&local).earliest();
    Some(time.map(|time| time.with_timezone(&Utc)))
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::{Expression, ExpressionError, ScheduleKind};

    fn time(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_rate_needs_the_singular_for_one_and_the_plural_for_more() {
        for text in [
            "rate(1 minute)",
            "rate(5 minutes)",
            "rate(1 hour)",
            "rate(24 hours)",
            "rate(1 day)",
            "rate(7 days)",
        ] {
            assert!(
                Expression::parse(text, None, ScheduleKind::Rule).is_ok(),
                "{text}"
            );
        }
        for text in [
            "rate(1 minutes)",
            "rate(5 minute)",
            "rate(0 days)",
            "rate(-1 day)",
            "rate(+2 days)",
            "rate(1 week)",
        ] {
            let error = Expression::parse(text, None, ScheduleKind::Scheduler).unwrap_err();
            assert_eq!(error, ExpressionError::Rate(text.to_owned()));
        }
    }

    #[test]
    fn a_rate_of_the_scheduler_runs_at_once_and_one_of_a_rule_after_its_period() {
        let now = time("2026-11-23T10:00:30Z");
        let scheduler = Expression::parse("rate(1 minute)", None, ScheduleKind::Scheduler).unwrap();
        assert_eq!(scheduler.first(now), Some(now));
        assert_eq!(scheduler.after(now), Some(time("2026-11-23T10:01:30Z")));
        let rule = Expression::parse("rate(1 minute)", None, ScheduleKind::Rule).unwrap();
        assert_eq!(rule.first(now), Some(time("2026-11-23T10:01:30Z")));
    }

    #[test]
    fn missed_runs_are_left_out_at_once_however_many_they_are() {
        let on = |day: &str, clock| time(&format!("{day}T{clock}Z"));
        let next = |text, now| {
            let every = Expression::parse(text, None, ScheduleKind::Scheduler).unwrap();
            every.after_missed(on("2026-11-23", "10:00:30"), now)
        };
        let (seven, every) = ("rate(7 minutes)", "cron(* * * * ? *)");
        for (text, now, expected) in [
            (seven, "10:00:00", "10:07:30"),
            (seven, "10:07:29.9", "10:07:30"),
            (seven, "10:07:30", "10:14:30"),
            (seven, "10:30:00", "10:35:30"),
            (every, "10:00:00", "10:01:00"),
            (every, "10:02:00", "10:03:00"),
            (every, "10:30:01", "10:31:00"),
        ] {
            let found = next(text, on("2026-11-23", now));
            assert_eq!(found, Some(on("2026-11-23", expected)), "{text} at {now}");
        }
        // One by one this takes hours.
        let later = on("2186-11-23", "10:00:31");
        assert_eq!(next(every, later), Some(on("2186-11-23", "10:01:00")));
        let minutely = next("rate(1 minute)", later);
        assert_eq!(minutely, Some(on("2186-11-23", "10:01:30")));
    }

    #[test]
    fn a_single_time_is_of_its_time_zone_and_passes_once() {
        let at = Expression::parse(
            "at(2026-12-01T09:00:00)",
            Some("Europe/Berlin"),
            ScheduleKind::Scheduler,
        )
        .unwrap();
        assert_eq!(
            at.first(time("2026-11-23T10:00:00Z")),
            Some(time("2026-12-01T08:00:00Z"))
        );
        assert_eq!(at.after(time("2026-12-01T08:00:00Z")), None);
    }

    #[test]
    fn a_single_time_that_daylight_saving_skips_never_comes_and_a_repeated_one_is_the_first() {
        let first = |text| {
            let kind = ScheduleKind::Scheduler;
            let at = Expression::parse(text, Some("Europe/Berlin"), kind).unwrap();
            at.first(time("2026-01-01T00:00:00Z"))
        };
        assert_eq!(first("at(2026-03-29T02:30:00)"), None);
        let first = first("at(2026-10-25T02:30:00)");
        assert_eq!(first, Some(time("2026-10-25T00:30:00Z")));
    }

    #[test]
    fn a_rate_of_a_day_is_24_hours_whatever_the_clocks_show() {
        let kind = ScheduleKind::Scheduler;
        let daily = Expression::parse("rate(1 day)", Some("Europe/Berlin"), kind).unwrap();
        assert_eq!(
            daily.after(time("2026-03-28T12:00:00Z")),
            Some(time("2026-03-29T12:00:00Z"))
        );
    }

    #[test]
    fn what_is_no_schedule_is_refused() {
        let parse = |text, kind| Expression::parse(text, None, kind).unwrap_err();
        assert!(matches!(
            parse("every day", ScheduleKind::Rule),
            ExpressionError::Form(_)
        ));
        assert!(matches!(
            parse("at(2026-12-01T09:00:00)", ScheduleKind::Rule),
            ExpressionError::Form(_)
        ));
        assert!(matches!(
            parse("at(tomorrow)", ScheduleKind::Scheduler),
            ExpressionError::At(_)
        ));
        let error = Expression::parse("rate(1 day)", Some("Mars/Base"), ScheduleKind::Scheduler)
            .unwrap_err();
        assert_eq!(error, ExpressionError::Timezone("Mars/Base".to_owned()));
    }
}
