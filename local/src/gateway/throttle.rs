//! How many requests come through.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Instant,
};

use super::limits::ThrottleLimits;
use crate::template::RouteThrottles;

/// A token bucket: it holds `burst` tokens and gets `rate` new ones a second.
#[derive(Debug)]
pub(crate) struct Bucket {
    rate: f64,
    burst: f64,
    level: Mutex<Level>,
}

#[derive(Debug)]
struct Level {
    tokens: f64,
    at: Instant,
}

impl Bucket {
    /// A full bucket.
    fn new(rate: f64, burst: u32) -> Self {
        let burst = f64::from(burst);
        Self {
            rate,
            burst,
            level: Mutex::new(Level {
                tokens: burst,
                at: Instant::now(),
            }),
        }
    }

    /// Takes a token, if there is one.
    fn take(&self) -> bool {
        self.take_at(Instant::now())
    }

    fn take_at(&self, now: Instant) -> bool {
        // Two numbers are whole after any panic.
        let mut level = self.level.lock().unwrap_or_else(PoisonError::into_inner);
        let elapsed = now.saturating_duration_since(level.at).as_secs_f64();
        level.tokens = (level.tokens + elapsed * self.rate).min(self.burst);
        level.at = level.at.max(now);
        let taken = level.tokens >= 1.0;
        if taken {
            level.tokens -= 1.0;
        }
        taken
    }
}

/// The throttles of an account; without limits everything comes through.
#[derive(Debug)]
pub(crate) struct AccountThrottle(Option<Buckets>);

#[derive(Debug)]
struct Buckets {
    connects: Bucket,
    requests: Bucket,
}

impl AccountThrottle {
    pub(crate) fn new(limits: Option<&ThrottleLimits>) -> Self {
        Self(limits.map(|limits| Buckets {
            connects: Bucket::new(
                f64::from(limits.connects_per_second),
                limits.connects_per_second,
            ),
            requests: Bucket::new(f64::from(limits.requests_per_second), limits.burst),
        }))
    }

    /// Whether another socket may open.
    pub(crate) fn allows_connect(&self) -> bool {
        self.0
            .as_ref()
            .is_none_or(|buckets| buckets.connects.take() && buckets.requests.take())
    }

    /// Whether another request may come: to an HTTP API, from a socket, or to `@connections`. They share one bucket.
    pub(crate) fn allows_request(&self) -> bool {
        self.0
            .as_ref()
            .is_none_or(|buckets| buckets.requests.take())
    }
}

/// The throttles of a stage's routes, a bucket for each route that has one.
#[derive(Debug)]
pub(crate) struct RouteThrottle(BTreeMap<String, Bucket>);

impl RouteThrottle {
    /// Those that the template declares, when throttles are on at all.
    pub(crate) fn new<'k>(
        declared: &RouteThrottles,
        route_keys: impl IntoIterator<Item = &'k String>,
        limits: Option<&ThrottleLimits>,
    ) -> Self {
        if limits.is_none() {
            return Self(BTreeMap::new());
        }
        let buckets = route_keys.into_iter().filter_map(|key| {
            let throttle = declared.of(key)?;
            Some((key.clone(), Bucket::new(throttle.rate, throttle.burst)))
        });
        Self(buckets.collect())
    }

    /// Whether another request may take the route.
    pub(crate) fn allows(&self, route_key: &str) -> bool {
        self.0.get(route_key).is_none_or(Bucket::take)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::template::Throttle;

    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
        let bucket = Bucket::new(2.0, 3);
        let start = Instant::now();
        let taken = |at: f64, times: usize| {
            let now = start + Duration::from_secs_f64(at);
            (0..times).filter(|_| bucket.take_at(now)).count()
        };
        assert_eq!(taken(0.1, 5), 3, "the burst");
        assert_eq!(taken(0.5, 5), 0, "less than a token came");
        assert_eq!(taken(1.2, 5), 2, "two a second");
        assert_eq!(taken(60.0, 9), 3, "no more than the burst is saved");
        assert_eq!(taken(59.0, 9), 0, "a clock that goes back gives nothing");
    }

    #[test]
    fn without_limits_everything_comes_through() {
        let throttle = AccountThrottle::new(None);
        assert!((0..20_000).all(|_| throttle.allows_connect() && throttle.allows_request()));
    }

    #[test]
    fn connects_and_requests_share_the_bucket_of_the_account() {
        let limits = ThrottleLimits {
            connects_per_second: 2,
            requests_per_second: 1,
            burst: 3,
        };
        let throttle = AccountThrottle::new(Some(&limits));
        let connects = [(); 3].map(|()| throttle.allows_connect());
        assert_eq!(connects, [true, true, false]);
        let requests = [(); 2].map(|()| throttle.allows_request());
        assert_eq!(requests, [true, false]);
    }

    #[test]
    fn a_route_has_its_own_throttle_or_that_of_the_stage() {
        let once = Throttle {
            rate: 0.0,
            burst: 1,
        };
        let twice = Throttle { burst: 2, ..once };
        let declared = RouteThrottles {
            default: Some(once),
            routes: [("join".to_owned(), twice)].into(),
        };
        let keys = ["join".to_owned(), "leave".to_owned(), "$default".to_owned()];
        let throttle = RouteThrottle::new(&declared, &keys, Some(&ThrottleLimits::default()));
        let passed = |key| (0..5).filter(|_| throttle.allows(key)).count();
        assert_eq!(["join", "leave", "$default"].map(passed), [2, 1, 1]);
        let off = RouteThrottle::new(&declared, &keys, None);
        assert_eq!((0..5).filter(|_| off.allows("join")).count(), 5);
    }
}
