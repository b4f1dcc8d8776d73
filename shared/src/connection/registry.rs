//! The registry: by user, so that a message finds its audience; by time, so that the heartbeat finds the silent.

use std::collections::HashMap;

use redis::Pipeline;
use uuid::Uuid;

use super::{Socket, live};
use crate::cache::{Cache, CacheError};

/// API Gateway closes every socket after two hours; what is registered outlives that by an hour.
const USER_KEY_SECONDS: i64 = 3 * 3_600;

/// A socket to push to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Whose it is.
    pub user_id: Uuid,
    /// The gateway's id.
    pub connection_id: String,
}

fn user_key(user: Uuid) -> String {
    format!("{{u:{user}}}:conns")
}

/// Adds the commands that register a socket as seen now. They answer nothing.
pub fn touch(pipeline: &mut Pipeline, socket: &Socket) {
    let now = chrono::Utc::now().timestamp_millis();
    let key = user_key(socket.user_id);
    pipeline
        .hset(
            &key,
            &socket.connection_id,
            format!("{now} {}", socket.device_id),
        )
        .ignore();
    pipeline.expire(&key, USER_KEY_SECONDS).ignore();
    live::touch(pipeline, socket.user_id, &socket.connection_id, now);
}

/// Registers a socket that has just opened. One round trip.
pub async fn register(cache: &Cache, socket: &Socket) -> Result<(), CacheError> {
    let mut pipeline = redis::pipe();
    touch(&mut pipeline, socket);
    cache.run(&pipeline).await
}

/// Forgets sockets that are gone; those that nobody knows are no error. One round trip, and none for none.
pub async fn forget(cache: &Cache, gone: &[Target]) -> Result<(), CacheError> {
    if gone.is_empty() {
        // A pipeline without commands is an error to its client.
        return Ok(());
    }
    let mut pipeline = redis::pipe();
    for target in gone {
        pipeline
            .hdel(user_key(target.user_id), &target.connection_id)
            .ignore();
        live::forget(&mut pipeline, target.user_id, &target.connection_id);
    }
    cache.run(&pipeline).await
}

/// Adds the question which sockets some users have: one answer a user, for [`targets`].
pub fn of_users(pipeline: &mut Pipeline, users: &[Uuid]) {
    for user in users {
        pipeline.hgetall(user_key(*user));
    }
}

/// Reads the answers to [`of_users`].
pub fn targets(users: &[Uuid], answers: Vec<HashMap<String, String>>) -> Vec<Target> {
    let of_user = |(user_id, connections): (&Uuid, HashMap<String, String>)| {
        let user_id = *user_id;
        connections.into_keys().map(move |connection_id| Target {
            user_id,
            connection_id,
        })
    };
    users.iter().zip(answers).flat_map(of_user).collect()
}
