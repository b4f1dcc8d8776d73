//! Which sockets the functions believe to be open, and waiting until they believe something else.

use std::{collections::BTreeMap, fmt::Debug, time::Duration};

use redis::AsyncCommands;
use tests::{TestStack, User};
use tokio::time::{Instant, sleep};

/// What follows on its own, such as `$disconnect`, has so long: a cold start on a busy machine is the slowest.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// The registered sockets of a user: device → connection id.
pub(crate) async fn sockets_of(stack: &TestStack, user: &User) -> BTreeMap<String, String> {
    let key = format!("{{u:{}}}:conns", user.id);
    let sockets: BTreeMap<String, String> = stack.keys().await.hgetall(key).await.unwrap();
    // When it was seen, its sign-in, its device.
    let device = |seen: &str| seen.splitn(3, ' ').nth(2).map(str::to_owned);
    sockets
        .into_iter()
        .map(|(connection_id, seen)| (device(&seen).unwrap(), connection_id))
        .collect()
}

/// Whether the heartbeat still looks after a connection.
pub(crate) async fn is_watched(stack: &TestStack, connection_id: &str) -> bool {
    let mut keys = stack.keys().await;
    let shards: Vec<String> = keys.keys("live:*").await.unwrap();
    for shard in shards {
        let members: Vec<String> = keys.zrange(shard, 0, -1).await.unwrap();
        if members.iter().any(|member| member.ends_with(connection_id)) {
            return true;
        }
    }
    false
}

/// Asks again until the answer is the expected one; panics with the last answer if it never is.
pub(crate) async fn eventually<T: PartialEq + Debug>(expected: T, ask: impl AsyncFn() -> T) {
    let began = Instant::now();
    loop {
        let answer = ask().await;
        if answer == expected {
            return;
        }
        assert!(
            began.elapsed() < PATIENCE,
            "{answer:?} did not become {expected:?}"
        );
        sleep(Duration::from_millis(10)).await;
    }
}
