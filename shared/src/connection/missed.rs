//! Pings that could not be noted, because Redis was away: nobody may be taken for silent because of that.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use redis::Pipeline;

use crate::{
    cache::{Cache, CacheError},
    code::log_failure,
};

/// There while sockets may seem silent that are not.
const KEY: &str = "live:grace";

/// Whether an environment has missed to note a ping.
#[derive(Debug, Default)]
pub struct MissedPings(AtomicBool);

impl MissedPings {
    /// A ping could not be noted.
    pub fn note(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Redis has noted a ping. If others could not be, the heartbeat waits until everybody has pinged again: for as long as a socket may
    /// be silent. One round trip then, and none as a rule.
    pub async fn excuse(&self, cache: &Cache, pong_wait: Duration) {
        if !self.0.swap(false, Ordering::Relaxed) {
            return;
        }
        if let Err(error) = leave(cache, pong_wait).await {
            self.note();
            log_failure(&error, "excusing sockets whose pings could not be noted");
        }
    }
}

async fn leave(cache: &Cache, pong_wait: Duration) -> Result<(), CacheError> {
    let mut pipeline = redis::pipe();
    let millis = u64::try_from(pong_wait.as_millis()).unwrap_or(u64::MAX);
    pipeline.pset_ex(KEY, 1, millis).ignore();
    cache.run(&pipeline).await
}

/// Adds the question whether sockets may seem silent that are not.
pub(super) fn ask(pipeline: &mut Pipeline) {
    pipeline.exists(KEY);
}
