//! What is left of a limit.

use std::time::Duration;

use chrono::Utc;
use serde::Serialize;

use super::Limit;
use crate::code::{Code, Coded};

/// What is left of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Rate {
    /// How much the limit allows.
    pub limit: u32,
    /// How much may follow at once.
    pub remaining: u32,
    /// When all of it is there again, in seconds since 1970.
    pub reset: i64,
}

impl Rate {
    /// `reset` in milliseconds from now.
    pub(super) fn new(limit: u32, remaining: i64, reset: i64) -> Self {
        Self {
            limit,
            remaining: u32::try_from(remaining).unwrap_or(0),
            reset: (Utc::now().timestamp_millis() + reset + 999).div_euclid(1_000),
        }
    }
}

/// More than a limit allows.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("more than {} in {period:?}", .rate.limit)]
pub struct RateLimited {
    /// What is left: nothing.
    pub rate: Rate,
    period: Duration,
    wait: Duration,
    code: Code,
}

impl RateLimited {
    /// `reset` and `wait` in milliseconds from now.
    pub(super) fn new(limit: &Limit, reset: i64, wait: i64) -> Self {
        Self {
            rate: Rate::new(limit.max, 0, reset),
            period: limit.period,
            wait: Duration::from_millis(wait.max(1) as u64),
            code: limit.code,
        }
    }
}

impl Coded for RateLimited {
    fn code(&self) -> Code {
        self.code
    }

    fn retry_after(&self) -> Option<Duration> {
        Some(self.wait)
    }

    fn rate(&self) -> Option<Rate> {
        Some(self.rate)
    }
}
