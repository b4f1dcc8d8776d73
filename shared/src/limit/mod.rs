//! Who may do what how often: one limiter, in Lua, whose one call decides, counts and says what is left.
//!
//! Without Redis the limits are open: a chat that stops because nobody can count is worse than one that is not counted.

use std::time::Duration;

use chrono::Utc;
use redis::Pipeline;
use serde::Serialize;

use crate::{
    App,
    cache::script,
    code::{Code, Coded, log_failure},
    config::Config,
};

const LIMITER: &str = include_str!("limiter.lua");

/// So much of something in so much time.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    /// Names the limit in Redis.
    what: &'static str,
    max: u32,
    period: Duration,
    code: Code,
}

impl Limit {
    /// `RATE_LIMIT_AUTH`: log-ins and sign-ups by IP address.
    pub fn auth(config: &Config) -> Self {
        Self {
            what: "auth",
            max: config.auth_limit,
            period: Duration::from_secs(300),
            code: Code::RateLimited,
        }
    }

    /// `RATE_LIMIT_WS_CONN`: sockets by IP address.
    pub fn connects(config: &Config) -> Self {
        Self {
            what: "connect",
            max: config.connect_limit,
            period: Duration::from_secs(60),
            code: Code::RateLimited,
        }
    }

    /// `RATE_LIMIT_MESSAGES`: messages by connection, or by user over REST.
    pub fn messages(config: &Config) -> Self {
        Self {
            what: "message",
            max: config.message_limit,
            period: Duration::from_secs(1),
            code: Code::RateLimited,
        }
    }

    /// `QUOTA_MESSAGES`: messages by user.
    pub fn daily_messages(config: &Config) -> Self {
        let period = Duration::from_secs(86_400);
        Self {
            what: "day",
            max: config.message_quota,
            period,
            code: Code::QuotaExceeded,
        }
    }
}

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

/// More than the limit allows.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("more than {} in {:?}", .rate.limit, .period)]
pub struct RateLimited {
    /// What is left: nothing.
    pub rate: Rate,
    period: Duration,
    wait: Duration,
    code: Code,
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

/// What the script answers: 1 or 0 for allowed or not, what remains, milliseconds until all of it is there, milliseconds to wait.
pub type Answer = (i64, i64, i64, i64);

/// Adds the question whether somebody may do something once more, and counts it if so. Its answer is an [`Answer`].
pub fn check(pipeline: &mut Pipeline, limit: &Limit, who: &str) {
    script(
        pipeline,
        LIMITER,
        &[&format!("{{limit:{}:{who}}}", limit.what)],
    );
    pipeline.arg(limit.max).arg(limit.period.as_millis() as u64);
}

/// Reads the script's answer.
pub fn decide(
    limit: &Limit,
    (allowed, remaining, reset, wait): Answer,
) -> Result<Rate, RateLimited> {
    let reset = (Utc::now().timestamp_millis() + reset + 999) / 1_000;
    let rate = Rate {
        limit: limit.max,
        remaining: remaining.max(0) as u32,
        reset,
    };
    if allowed == 1 {
        return Ok(rate);
    }
    let wait = Duration::from_millis(wait.max(1) as u64);
    Err(RateLimited {
        rate,
        period: limit.period,
        wait,
        code: limit.code,
    })
}

/// Asks on its own, where no other round trip can carry the question. `None` where limits are off or Redis is away.
pub async fn ask(app: &App, limit: &Limit, who: &str) -> Result<Option<Rate>, RateLimited> {
    if !app.config.limits {
        return Ok(None);
    }
    let mut pipeline = redis::pipe();
    check(&mut pipeline, limit, who);
    match app.cache.run::<(Answer,)>(&pipeline).await {
        Ok((answer,)) => decide(limit, answer).map(Some),
        Err(error) => {
            log_failure(&error, "counting against a limit");
            Ok(None)
        }
    }
}
