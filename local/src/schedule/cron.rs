//! `cron(minutes hours day-of-month month day-of-week year)` as EventBridge reads it.
//!
//! It differs from Unix: a week starts with Sunday as 1, one of the two day fields must be `?`, there is a year, and
//! `L`, `W` and `#` exist.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, Days, NaiveDate, TimeZone, Utc, Weekday};
use chrono_tz::Tz;

use super::cron_field::Span;
use crate::template::ScheduleKind;

const MONTHS: [&str; 12] = [
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

const MINUTE: Span = Span {
    name: "minutes",
    first: 0,
    last: 59,
    names: &[],
    steps: true,
};
const HOUR: Span = Span {
    name: "hours",
    first: 0,
    last: 23,
    names: &[],
    steps: true,
};
const DAY: Span = Span {
    name: "day-of-month",
    first: 1,
    last: 31,
    names: &[],
    steps: true,
};
const MONTH: Span = Span {
    name: "month",
    first: 1,
    last: 12,
    names: &MONTHS,
    steps: true,
};
const WEEKDAY: Span = Span {
    name: "day-of-week",
    first: 1,
    last: 7,
    names: &WEEKDAYS,
    steps: false,
};
const YEAR: Span = Span {
    name: "year",
    first: 1970,
    last: 2199,
    names: &[],
    steps: true,
};

/// The minutes that a cron expression names.
#[derive(Debug, Clone)]
pub(super) struct Cron {
    minutes: BTreeSet<u32>,
    hours: BTreeSet<u32>,
    days: DayRule,
    months: BTreeSet<u32>,
    years: BTreeSet<u32>,
}

/// Which of the two day fields counts.
#[derive(Debug, Clone)]
enum DayRule {
    OfMonth(Vec<MonthDay>),
    OfWeek(Vec<WeekDay>),
}

#[derive(Debug, Clone)]
enum MonthDay {
    In(BTreeSet<u32>),
    /// `L`.
    Last,
    /// `15W`: the weekday nearest to the 15th, within its month.
    Nearest(u32),
}

#[derive(Debug, Clone)]
enum WeekDay {
    In(BTreeSet<u32>),
    /// `6L`: the last Friday of the month.
    LastOf(u32),
    /// `3#2`: the second Tuesday of the month.
    Nth(u32, u32),
}

/// Why EventBridge would refuse a cron expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CronError {
    /// Not six fields.
    #[error("cron({0}) needs six fields: minutes hours day-of-month month day-of-week year")]
    Fields(String),
    /// Both day fields count, or none.
    #[error("cron({0}) needs ? for exactly one of day-of-month and day-of-week")]
    Days(String),
    /// A field with something that it cannot hold.
    #[error("{text} is not a value of {field} in a cron expression")]
    Value {
        /// Such as `hours`.
        field: &'static str,
        /// As it was written.
        text: String,
    },
}

impl Cron {
    /// Reads what stands between the parentheses. EventBridge Scheduler lets the year go.
    pub(super) fn parse(content: &str, kind: ScheduleKind) -> Result<Self, CronError> {
        let fields: Vec<&str> = content.split_whitespace().collect();
        let (minutes, hours, day, month, weekday, year) = match (fields.as_slice(), kind) {
            ([minutes, hours, day, month, weekday, year], _) => {
                (minutes, hours, day, month, weekday, *year)
            }
            ([minutes, hours, day, month, weekday], ScheduleKind::Scheduler) => {
                (minutes, hours, day, month, weekday, "*")
            }
            _ => return Err(CronError::Fields(content.to_owned())),
        };
        let days = match (*day, *weekday) {
            ("?", "?") => return Err(CronError::Days(content.to_owned())),
            (day, "?") => DayRule::OfMonth(month_days(day)?),
            ("?", weekday) => DayRule::OfWeek(week_days(weekday)?),
            _ => return Err(CronError::Days(content.to_owned())),
        };
        Ok(Self {
            minutes: MINUTE.set(minutes)?,
            hours: HOUR.set(hours)?,
            days,
            months: MONTH.set(month)?,
            years: YEAR.set(year)?,
        })
    }

    /// The first time after `previous`. A local time that daylight saving skips is skipped, one that it repeats counts
    /// once.
    pub(super) fn after(&self, previous: DateTime<Utc>, timezone: Tz) -> Option<DateTime<Utc>> {
        let mut date = previous.with_timezone(&timezone).date_naive();
        while date.year() <= YEAR.last as i32 {
            if !self
                .years
                .contains(&u32::try_from(date.year()).unwrap_or_default())
            {
                date = NaiveDate::from_ymd_opt(date.year() + 1, 1, 1)?;
                continue;
            }
            if self.months.contains(&date.month())
                && self.days.holds(date)
                && let Some(time) = self.on(date, previous, timezone)
            {
                return Some(time);
            }
            date = date.checked_add_days(Days::new(1))?;
        }
        None
    }

    fn on(&self, date: NaiveDate, previous: DateTime<Utc>, timezone: Tz) -> Option<DateTime<Utc>> {
        let times = self
            .hours
            .iter()
            .flat_map(|hour| self.minutes.iter().map(move |minute| (*hour, *minute)));
        times
            .filter_map(|(hour, minute)| date.and_hms_opt(hour, minute, 0))
            .filter_map(|local| timezone.from_local_datetime(&local).earliest())
            .map(|time| time.with_timezone(&Utc))
            .find(|time| *time > previous)
    }
}

impl DayRule {
    fn holds(&self, date: NaiveDate) -> bool {
        let length = u32::from(date.num_days_in_month());
        match self {
            Self::OfMonth(days) => days.iter().any(|day| match day {
                MonthDay::In(set) => set.contains(&date.day()),
                MonthDay::Last => date.day() == length,
                MonthDay::Nearest(day) => nearest_weekday(date, *day) == Some(date),
            }),
            Self::OfWeek(days) => {
                let weekday = date.weekday().num_days_from_sunday() + 1;
                days.iter().any(|day| match day {
                    WeekDay::In(set) => set.contains(&weekday),
                    WeekDay::LastOf(wanted) => *wanted == weekday && date.day() + 7 > length,
                    WeekDay::Nth(wanted, nth) => {
                        *wanted == weekday && date.day().div_ceil(7) == *nth
                    }
                })
            }
        }
    }
}

/// The weekday nearest to a day of the month of `date`, never in another month.
fn nearest_weekday(date: NaiveDate, day: u32) -> Option<NaiveDate> {
    let wanted = date.with_day(day)?;
    let length = u32::from(date.num_days_in_month());
    match wanted.weekday() {
        Weekday::Sat if day == 1 => date.with_day(3),
        Weekday::Sat => date.with_day(day - 1),
        Weekday::Sun if day == length => date.with_day(day - 2),
        Weekday::Sun => date.with_day(day + 1),
        _ => Some(wanted),
    }
}

fn month_days(text: &str) -> Result<Vec<MonthDay>, CronError> {
    let day = |item: &str| match item.strip_suffix('W') {
        _ if item == "L" => Ok(MonthDay::Last),
        Some(day) => Ok(MonthDay::Nearest(DAY.one(day)?)),
        None => Ok(MonthDay::In(DAY.set(item)?)),
    };
    text.split(',').map(day).collect()
}

fn week_days(text: &str) -> Result<Vec<WeekDay>, CronError> {
    let refused = || CronError::Value {
        field: WEEKDAY.name,
        text: text.to_owned(),
    };
    // EventBridge allows one `#` only, and nothing beside it.
    if text.contains('#') && text.contains(',') {
        return Err(refused());
    }
    let day = |item: &str| {
        if let Some((weekday, nth)) = item.split_once('#') {
            let nth = nth
                .parse()
                .ok()
                .filter(|nth| (1..=5).contains(nth))
                .ok_or_else(refused)?;
            return Ok(WeekDay::Nth(WEEKDAY.one(weekday)?, nth));
        }
        match item.strip_suffix('L') {
            // The last day of the week is Saturday.
            Some("") => Ok(WeekDay::In(BTreeSet::from([7]))),
            Some(weekday) => Ok(WeekDay::LastOf(WEEKDAY.one(weekday)?)),
            None => Ok(WeekDay::In(WEEKDAY.set(item)?)),
        }
    };
    text.split(',').map(day).collect()
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use chrono_tz::Tz;

    use super::{Cron, CronError, ScheduleKind};

    fn next(text: &str, after: &str, timezone: Tz) -> String {
        let cron = Cron::parse(text, ScheduleKind::Rule).unwrap();
        let after: DateTime<Utc> = after.parse().unwrap();
        cron.after(after, timezone)
            .map_or("never".to_owned(), |time| {
                time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
            })
    }

    #[test]
    fn the_next_run_is_the_one_that_eventbridge_would_take() {
        // 2026-11-23 is a Monday.
        for (text, expected) in [
            ("0 10 * * ? *", "2026-11-24T10:00:00Z"),
            ("15 12 * * ? *", "2026-11-23T12:15:00Z"),
            ("0 18 ? * MON-FRI *", "2026-11-23T18:00:00Z"),
            ("0 8 1 * ? *", "2026-12-01T08:00:00Z"),
            ("0/10 * ? * MON-FRI *", "2026-11-23T10:10:00Z"),
            ("* * * * ? *", "2026-11-23T10:01:00Z"),
            ("0 0 ? * 1 *", "2026-11-29T00:00:00Z"),
            ("0 0 ? * SAT-SUN *", "2026-11-28T00:00:00Z"),
            ("0 20-2 * * ? *", "2026-11-23T20:00:00Z"),
            ("0 0 L * ? *", "2026-11-30T00:00:00Z"),
            ("0 0 ? * 6L *", "2026-11-27T00:00:00Z"),
            ("0 0 ? * L *", "2026-11-28T00:00:00Z"),
            ("0 0 ? * 3#2 *", "2026-12-08T00:00:00Z"),
            ("0 0 ? * TUE#5 *", "2026-12-29T00:00:00Z"),
            ("0 0 1W * ? *", "2026-12-01T00:00:00Z"),
            ("0 0 29W 11 ? *", "2026-11-30T00:00:00Z"),
            ("0 0 1W 8 ? 2026-2030", "2027-08-02T00:00:00Z"),
            ("0 0 1W 5 ? 2027", "2027-05-03T00:00:00Z"),
            ("0 0 31W 1 ? 2027", "2027-01-29T00:00:00Z"),
            ("0 0 29 2 ? *", "2028-02-29T00:00:00Z"),
            ("30 9 1/10 JAN,JUN ? 2027/2", "2027-01-01T09:30:00Z"),
            ("0 0 31 2 ? *", "never"),
            ("0 0 1 1 ? 1999", "never"),
        ] {
            assert_eq!(
                next(text, "2026-11-23T10:00:00Z", Tz::UTC),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn a_local_time_that_daylight_saving_skips_is_skipped_and_a_repeated_one_runs_once() {
        let berlin = Tz::Europe__Berlin;
        assert_eq!(
            next("30 2 * * ? *", "2026-03-28T12:00:00Z", berlin),
            "2026-03-30T00:30:00Z"
        );
        assert_eq!(
            next("30 2 * * ? *", "2026-10-24T12:00:00Z", berlin),
            "2026-10-25T00:30:00Z"
        );
        assert_eq!(
            next("30 2 * * ? *", "2026-10-25T00:30:00Z", berlin),
            "2026-10-26T01:30:00Z"
        );
    }

    #[test]
    fn what_eventbridge_refuses_is_refused() {
        let parse = |text| Cron::parse(text, ScheduleKind::Rule).unwrap_err();
        assert!(matches!(parse("0 10 * * ?"), CronError::Fields(_)));
        assert!(Cron::parse("0 10 * * ?", ScheduleKind::Scheduler).is_ok());
        for text in ["0 10 * * * *", "0 10 ? * ? *", "0 10 1 * MON *"] {
            assert!(matches!(parse(text), CronError::Days(_)), "{text}");
        }
        for text in [
            "60 * * * ? *",
            "* 24 * * ? *",
            "* * 0 * ? *",
            "* * 32 * ? *",
            "* * * 13 ? *",
            "* * ? * 0 *",
            "* * ? * 8 *",
            "* * * * ? 1969",
            "*/0 * * * ? *",
            "a * * * ? *",
            "* * ? * 3#6 *",
            "* * ? * 3#1,4#1 *",
            "* * ? * 2/2 *",
            "1, * * * ? *",
            "5-2-1 * * * ? *",
            "+5 * * * ? *",
        ] {
            assert!(matches!(parse(text), CronError::Value { .. }), "{text}");
        }
    }
}
