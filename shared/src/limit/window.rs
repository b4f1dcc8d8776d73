//! The limiter: a sliding window in Redis.

use redis::Pipeline;

use super::{Limit, Rate, RateLimited, Who};
use crate::{App, cache::Script, code::log_failure, config::Config};

static WINDOW: Script = Script::new(include_str!("window.lua"));
static GIVE_BACK: Script = Script::new(include_str!("give_back.lua"));

/// What the script answers; [`decide`] reads it.
pub type Answer = Vec<i64>;

fn key(who: &Who, limit: &Limit) -> String {
    let (slot, what) = (who.slot(), limit.what);
    match &limit.of {
        Some(one) => format!("{slot}:limit:{what}:{one}"),
        None => format!("{slot}:limit:{what}"),
    }
}

/// Adds the question whether somebody may do something once more. If all of the limits allow it, it counts under each; if not, under
/// none. Where limits are off nothing counts. Its answer is an [`Answer`].
pub fn check(pipeline: &mut Pipeline, config: &Config, who: &Who, limits: &[Limit]) {
    let keys: Vec<String> = limits.iter().map(|limit| key(who, limit)).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    if !config.limits {
        // So that the answers of a pipeline stand where they always do: nobody writes this key, so there is nothing in it.
        pipeline.lrange(format!("{}:limit:off", who.slot()), 0, 0);
        return;
    }
    WINDOW.call(pipeline, &keys);
    for limit in limits {
        pipeline.arg(limit.max).arg(limit.period.as_millis() as u64);
    }
}

/// Reads the answer to [`check`]: what is left of the first limit, or the limit that makes the longest wait. `None` where limits are off.
pub fn decide(
    config: &Config,
    limits: &[Limit],
    answer: &[i64],
) -> Result<Option<Rate>, RateLimited> {
    if config.limits {
        read(limits, answer).map(Some)
    } else {
        Ok(None)
    }
}

fn read(limits: &[Limit], answer: &[i64]) -> Result<Rate, RateLimited> {
    let (allowed, parts) = answer.split_first().unwrap_or((&0, &[]));
    let each = || limits.iter().zip(parts.chunks_exact(3));
    let first = each()
        .next()
        .map(|(limit, part)| Rate::new(limit.max, part[0], part[1]));
    match first {
        Some(rate) if *allowed == 1 => Ok(rate),
        _ => {
            let longest = each().max_by_key(|(_, part)| part[2]);
            let (limit, reset, wait) = longest.map_or((&limits[0], 0, 0), |(limit, part)| {
                (limit, part[1], part[2])
            });
            Err(RateLimited::new(limit, reset, wait))
        }
    }
}

/// Adds the command that takes somebody's newest count back: what was counted did not happen. Its answer is an integer; where limits
/// are off there is none.
pub fn give_back(pipeline: &mut Pipeline, config: &Config, who: &Who, limit: &Limit) {
    if !config.limits {
        return;
    }
    GIVE_BACK.call(pipeline, &[&key(who, limit)]);
}

/// Asks on its own, where no other round trip can carry the question. `None` where limits are off or Redis is away.
pub async fn ask(app: &App, who: &Who, limits: &[Limit]) -> Result<Option<Rate>, RateLimited> {
    if !app.config.limits {
        return Ok(None);
    }
    let mut pipeline = redis::pipe();
    check(&mut pipeline, &app.config, who, limits);
    match app.cache.run::<(Answer,)>(&pipeline).await {
        Ok((answer,)) => decide(&app.config, limits, &answer),
        Err(error) => {
            log_failure(&error, "counting against a limit");
            open(app, who, limits).map(|()| None)
        }
    }
}

/// What stands behind limits that Redis cannot count: a token bucket of this instance for each. Every call is an opening, and logged.
pub fn open(app: &App, who: &Who, limits: &[Limit]) -> Result<(), RateLimited> {
    if !app.config.limits {
        return Ok(());
    }
    for limit in limits {
        tracing::warn!(
            limit_opened = limit.what,
            "a limit is open: Redis cannot count"
        );
        app.buckets.take(&key(who, limit), limit)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::code::{Code, Coded};

    fn limit(max: u32, code: Code) -> Limit {
        Limit {
            what: "test",
            of: None,
            max,
            period: Duration::from_secs(1),
            code,
        }
    }

    #[test]
    fn the_first_limit_is_told_of_and_the_longest_wait_refuses() {
        let limits = [limit(10, Code::RateLimited), limit(99, Code::QuotaExceeded)];
        let rate = read(&limits, &[1, 9, 1_000, 0, 42, 5_000, 0]).unwrap();
        assert_eq!((rate.limit, rate.remaining), (10, 9));
        let refused = read(&limits, &[0, 9, 1_000, 0, 0, 5_000, 700]).unwrap_err();
        assert_eq!(refused.code(), Code::QuotaExceeded);
        assert_eq!(refused.retry_after(), Some(Duration::from_millis(700)));
        assert_eq!((refused.rate.limit, refused.rate.remaining), (99, 0));
    }

    #[test]
    fn an_answer_that_cannot_be_read_refuses() {
        assert!(read(&[limit(10, Code::RateLimited)], &[]).is_err());
    }
}
