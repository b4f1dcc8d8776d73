//! Connections by the time they were last seen, in shards, so that no single key takes every ping of a large stage.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

use redis::{FromRedisValue, Pipeline, RedisError, Value};
use uuid::Uuid;

use super::{Target, missed};
use crate::cache::{Cache, CacheError};

/// More shards spread the load of pings further; the heartbeat asks all of them in one pipeline.
const SHARDS: u64 = 16;
/// Connections live for two hours; a shard that nobody touches for a day holds none.
const SHARD_SECONDS: i64 = 86_400;

fn shard_key(connection_id: &str) -> String {
    let mut hasher = DefaultHasher::new();
    connection_id.hash(&mut hasher);
    format!("live:{{{}}}", hasher.finish() % SHARDS)
}

fn member(user: Uuid, connection_id: &str) -> String {
    format!("{user} {connection_id}")
}

/// Adds the commands that note a connection as seen now.
pub(super) fn touch(pipeline: &mut Pipeline, user: Uuid, connection_id: &str, now_millis: i64) {
    let key = shard_key(connection_id);
    pipeline
        .zadd(&key, member(user, connection_id), now_millis)
        .ignore();
    pipeline.expire(&key, SHARD_SECONDS).ignore();
}

/// Adds the command that forgets a connection.
pub(super) fn forget(pipeline: &mut Pipeline, user: Uuid, connection_id: &str) {
    pipeline
        .zrem(shard_key(connection_id), member(user, connection_id))
        .ignore();
}

/// Connections that have been silent.
#[derive(Debug)]
pub struct Silent {
    /// The connections.
    pub targets: Vec<Target>,
    /// Whether there were more than asked for.
    pub more: bool,
    /// Whether some may have pinged all the same: Redis was away a moment ago.
    pub doubtful: bool,
}

/// Connections that have not been seen for so long, at most `limit` of each shard. One round trip.
pub async fn silent(
    cache: &Cache,
    for_longer_than: Duration,
    limit: isize,
) -> Result<Silent, CacheError> {
    let until = chrono::Utc::now().timestamp_millis() - for_longer_than.as_millis() as i64;
    let mut pipeline = redis::pipe();
    missed::ask(&mut pipeline);
    for shard in 0..SHARDS {
        pipeline.zrangebyscore_limit(format!("live:{{{shard}}}"), "-inf", until, 0, limit);
    }
    let mut answers = cache.run::<Vec<Value>>(&pipeline).await?.into_iter();
    let doubtful = answers.next() == Some(Value::Int(1));
    let shards = answers.map(Vec::from_redis_value);
    let shards: Vec<Vec<String>> = shards.collect::<Result<_, _>>().map_err(RedisError::from)?;
    let more = shards.iter().any(|members| members.len() as isize == limit);
    let parse = |text: &String| {
        let (user, connection_id) = text.split_once(' ')?;
        Some(Target::new(Uuid::try_parse(user).ok()?, connection_id))
    };
    Ok(Silent {
        targets: shards.iter().flatten().filter_map(parse).collect(),
        more,
        doubtful,
    })
}
