//! What the kernel is told of connections to Redis.

use std::time::Duration;

use redis::io::tcp::{TcpSettings, socket2::TcpKeepalive};

use super::PATIENCE;

/// A connection that was idle for so long is asked whether it lives. Shorter than the 350 s after which AWS's networks forget one.
const IDLE: Duration = Duration::from_secs(60);
/// Between such questions, and how many of them may be without an answer.
const QUESTIONS: (Duration, u32) = (Duration::from_secs(5), 3);

/// Every pipeline goes out at once, for its last packet must not wait until the ones before are confirmed. And what is not confirmed
/// when all patience is over will not be: the other end is gone, and said nothing.
pub(super) fn settings() -> TcpSettings {
    let (interval, retries) = QUESTIONS;
    let keepalive = TcpKeepalive::new()
        .with_time(IDLE)
        .with_interval(interval)
        .with_retries(retries);
    let settings = TcpSettings::default()
        .set_nodelay(true)
        .set_keepalive(keepalive);
    #[cfg(target_os = "linux")]
    let settings = settings.set_user_timeout(2 * PATIENCE);
    settings
}
