//! The registry: by user, so that a message finds its audience; by time, so that the heartbeat finds the silent.

use std::{collections::HashMap, time::Duration};

use redis::Pipeline;
use uuid::Uuid;

use super::{Socket, live};
use crate::{
    cache::{Cache, CacheError, Script},
    sign_in,
};

static CROWDED: Script = Script::new(include_str!("crowded.lua"));
static FORGET: Script = Script::new(include_str!("forget.lua"));

/// API Gateway closes every socket after two hours; what is registered outlives that by an hour.
const USER_KEY_SECONDS: i64 = 3 * 3_600;

/// A socket to push to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Whose it is.
    pub user_id: Uuid,
    /// The gateway's id.
    pub connection_id: String,
    /// What the registry said of it, if somebody looked: it stays if that is another by the time it is to be forgotten.
    registered: Option<String>,
}

impl Target {
    /// A socket that somebody knows without the registry.
    pub fn new(user_id: Uuid, connection_id: impl Into<String>) -> Self {
        Self {
            user_id,
            connection_id: connection_id.into(),
            registered: None,
        }
    }
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
            format!("{now} {} {}", socket.sign_in, socket.device_id),
        )
        .ignore();
    pipeline.expire(&key, USER_KEY_SECONDS).ignore();
    live::touch(pipeline, socket.user_id, &socket.connection_id, now);
}

/// What becomes of a socket that has just opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It is registered.
    Registered,
    /// Its user has as many sockets as are allowed.
    TooMany,
    /// Its sign-in has ended since its ticket was issued.
    SignedOut,
}

/// Registers a socket that has just opened, unless its user has `max` others that were seen within `pong_wait`. One round trip.
///
/// It is registered first and then asks whether its sign-in has ended; who ends a sign-in leaves the mark first and then looks for
/// sockets. So of two at the same moment one finds the other, on a cluster too: mark and sockets of a user are in one hash slot.
pub async fn register(
    cache: &Cache,
    socket: &Socket,
    max: u32,
    pong_wait: Duration,
) -> Result<Admission, CacheError> {
    let mut pipeline = redis::pipe();
    touch(&mut pipeline, socket);
    CROWDED.call(&mut pipeline, &[&user_key(socket.user_id)]);
    let since = chrono::Utc::now().timestamp_millis() - pong_wait.as_millis() as i64;
    pipeline.arg(max).arg(since);
    sign_in::ask(&mut pipeline, socket.user_id, socket.sign_in);
    let (crowded, signed_out): (bool, bool) = cache.run(&pipeline).await?;
    let admission = match (signed_out, crowded) {
        (true, _) => Admission::SignedOut,
        (false, true) => Admission::TooMany,
        (false, false) => return Ok(Admission::Registered),
    };
    let refused = Target::new(socket.user_id, &socket.connection_id);
    forget(cache, &[refused]).await?;
    Ok(admission)
}

/// Forgets sockets that are gone; those that nobody knows are no error. One round trip, and none for none.
pub async fn forget(cache: &Cache, gone: &[Target]) -> Result<(), CacheError> {
    if gone.is_empty() {
        // A pipeline without commands is an error to its client.
        return Ok(());
    }
    let mut pipeline = redis::pipe();
    for target in gone {
        let key = user_key(target.user_id);
        if let Some(registered) = &target.registered {
            FORGET.call(&mut pipeline, &[&key]);
            pipeline.arg(&target.connection_id).arg(registered).ignore();
        } else {
            pipeline.hdel(&key, &target.connection_id).ignore();
        }
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

/// Reads the answer to [`of_users`] for one user: the sockets that belong to some of their sign-ins.
pub fn of_sign_ins(
    user_id: Uuid,
    sign_ins: &[Uuid],
    (connections,): (HashMap<String, String>,),
) -> Vec<Target> {
    let belongs = |seen: &str| {
        seen.split(' ')
            .nth(1)
            .and_then(|sign_in| Uuid::try_parse(sign_in).ok())
            .is_some_and(|sign_in| sign_ins.contains(&sign_in))
    };
    connections
        .into_iter()
        .filter(|(_, seen)| belongs(seen))
        .map(|(connection_id, _)| Target::new(user_id, connection_id))
        .collect()
}

/// Reads the answers to [`of_users`].
pub fn targets(users: &[Uuid], answers: Vec<HashMap<String, String>>) -> Vec<Target> {
    let of_user = |(user_id, connections): (&Uuid, HashMap<String, String>)| {
        let user_id = *user_id;
        connections
            .into_iter()
            .map(move |(connection_id, registered)| Target {
                user_id,
                connection_id,
                registered: Some(registered),
            })
    };
    users.iter().zip(answers).flat_map(of_user).collect()
}
