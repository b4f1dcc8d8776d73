//! How long to wait, as people say it.

use std::time::Duration;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// So many of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wait {
    /// `second`, `minute`, `hour`, `day`, or `later` for a time that nobody knows.
    pub(super) unit: &'static str,
    /// At least 1; 0 of `later`.
    pub(super) count: u64,
}

impl Wait {
    /// Rounded up, so that nobody comes too early. A unit is used up to one and a half of the next, so that rounding never adds much:
    /// 61 minutes are not called two hours.
    pub(super) fn of(wait: Option<Duration>) -> Self {
        let Some(wait) = wait else {
            return Self {
                unit: "later",
                count: 0,
            };
        };
        let seconds = u64::try_from(wait.as_nanos().div_ceil(1_000_000_000)).unwrap_or(u64::MAX);
        let (unit, length) = match seconds.max(1) {
            ..=90 => ("second", 1),
            91..=5_400 => ("minute", MINUTE),
            5_401..=129_600 => ("hour", HOUR),
            _ => ("day", DAY),
        };
        Self {
            unit,
            count: seconds.max(1).div_ceil(length),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_rounded_up_in_the_unit_that_fits() {
        for (millis, unit, count) in [
            (0, "second", 1),
            (1, "second", 1),
            (1_001, "second", 2),
            (90_000, "second", 90),
            (90_001, "minute", 2),
            (120_000, "minute", 2),
            (120_001, "minute", 3),
            (5_400_000, "minute", 90),
            (5_400_001, "hour", 2),
            (129_600_000, "hour", 36),
            (129_600_001, "day", 2),
            (172_800_001, "day", 3),
        ] {
            let wait = Wait::of(Some(Duration::from_millis(millis)));
            assert_eq!(wait, Wait { unit, count }, "{millis} ms");
        }
    }

    #[test]
    fn a_wait_without_an_end_is_later() {
        assert_eq!(Wait::of(None).unit, "later");
        assert_eq!(Wait::of(Some(Duration::MAX)).unit, "day");
    }
}
