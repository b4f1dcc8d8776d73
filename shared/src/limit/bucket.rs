//! What is left of a limit while Redis is away: a token bucket in each instance.

use std::{
    num::NonZeroUsize,
    sync::{Mutex, PoisonError},
    time::Instant,
};

use lru::LruCache;

use super::{Limit, RateLimited};

/// Buckets that one instance remembers; the least used one is forgotten first, and is full again.
const CAPACITY: NonZeroUsize = NonZeroUsize::new(4_096).expect("4,096 is not zero");

/// The token buckets of this instance. Each holds what its limit allows and fills again over the limit's period. Many instances allow
/// that many times as much: it is a floor under an outage, not a limit.
#[derive(Debug)]
pub struct Buckets {
    // A std mutex: nothing awaits while it is held.
    buckets: Mutex<LruCache<String, Bucket>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    filled: Instant,
}

impl Default for Buckets {
    fn default() -> Self {
        Self {
            buckets: Mutex::new(LruCache::new(CAPACITY)),
        }
    }
}

impl Buckets {
    /// Takes a token, if there is one.
    pub(super) fn take(&self, key: &str, limit: &Limit) -> Result<(), RateLimited> {
        self.take_at(key, limit, Instant::now())
    }

    fn take_at(&self, key: &str, limit: &Limit, now: Instant) -> Result<(), RateLimited> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let max = f64::from(limit.max);
        let full = || Bucket {
            tokens: max,
            filled: now,
        };
        let bucket = buckets.get_or_insert_mut(key.to_owned(), full);
        let per_second = max / limit.period.as_secs_f64();
        let passed = now.saturating_duration_since(bucket.filled).as_secs_f64();
        bucket.tokens = (bucket.tokens + passed * per_second).min(max);
        bucket.filled = now;
        let millis = |tokens: f64| (tokens / per_second * 1_000.0).ceil() as i64;
        if bucket.tokens < 1.0 {
            let (reset, wait) = (millis(max - bucket.tokens), millis(1.0 - bucket.tokens));
            return Err(RateLimited::new(limit, reset, wait));
        }
        bucket.tokens -= 1.0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::code::{Code, Coded};

    #[test]
    fn a_bucket_empties_and_fills_again() {
        let limit = Limit {
            what: "test",
            of: None,
            max: 2,
            period: Duration::from_secs(10),
            code: Code::RateLimited,
        };
        let (buckets, began) = (Buckets::default(), Instant::now());
        assert!(buckets.take_at("a", &limit, began).is_ok());
        assert!(buckets.take_at("a", &limit, began).is_ok());
        let refused = buckets.take_at("a", &limit, began).unwrap_err();
        assert_eq!(refused.retry_after(), Some(Duration::from_secs(5)));
        assert!(buckets.take_at("b", &limit, began).is_ok());
        let later = began + Duration::from_secs(5);
        assert!(buckets.take_at("a", &limit, later).is_ok());
        assert!(buckets.take_at("a", &limit, later).is_err());
    }
}
