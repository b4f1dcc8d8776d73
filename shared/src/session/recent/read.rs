//! Reading the list.

use redis::{FromRedisValue, Value};
use uuid::Uuid;

use super::{Keys, lease::Lease, lua};
use crate::{
    cache::{Cache, CacheError, script},
    message::Message,
    session::{SessionId, Visitor},
};

/// Longer than any function runs: a send that was announced so long ago will not report back.
pub(super) const LOST_SEND_MILLIS: u64 = 30_000;
/// A refill that takes longer starts again.
const LEASE_SECONDS: u64 = 10;

/// What Redis knew.
#[derive(Debug)]
pub enum Reading {
    /// The list; the user is a member.
    Hit(Recent),
    /// There is no list, or the user is not known as a member: PostgreSQL decides. The reader may refill it.
    Miss(Lease),
    /// A send is on its way: PostgreSQL decides.
    Busy,
}

/// Every change after `floor` up to `head`, as far as it was asked for.
#[derive(Debug)]
pub struct Recent {
    /// The newest change of the session.
    pub head: i64,
    /// The list reaches back to here: what has a later change is in it.
    pub floor: i64,
    /// In the order of their changes.
    pub messages: Vec<Message>,
}

/// Reads what comes after a cursor or, without one, the whole list. One round trip.
pub async fn read(
    cache: &Cache,
    visitor: &Visitor,
    cursor: Option<i64>,
) -> Result<Reading, CacheError> {
    let (session, lease) = (visitor.session(), Lease::new());
    let keys = Keys::of(session.id);
    let mut pipeline = redis::pipe();
    script(&mut pipeline, lua::READ, &keys.all());
    pipeline
        .arg(visitor.user().to_string())
        .arg(cursor.unwrap_or(-1))
        .arg(lease.0.to_string())
        .arg(LOST_SEND_MILLIS)
        .arg(LEASE_SECONDS);
    let (answer,): (Vec<Value>,) = cache.run(&pipeline).await?;
    let mut texts = answer.into_iter().map(String::from_redis_value);
    match texts
        .next()
        .transpose()
        .map_err(redis::RedisError::from)?
        .as_deref()
    {
        Some("hit") => {}
        Some("busy") => return Ok(Reading::Busy),
        _ => return Ok(Reading::Miss(lease)),
    }
    let texts: Vec<String> = texts
        .collect::<Result<_, _>>()
        .map_err(redis::RedisError::from)?;
    // What cannot be read is refilled: the format may have changed with a deployment.
    Ok(parse(session, &texts).map_or(Reading::Miss(lease), Reading::Hit))
}

fn parse(session: &SessionId, texts: &[String]) -> Option<Recent> {
    let [head, floor, entries @ ..] = texts else {
        return None;
    };
    let messages = entries
        .iter()
        .map(|entry| {
            let (_, json) = entry.split_once(' ')?;
            let mut message: Message = serde_json::from_str(json).ok()?;
            message.session_id = session.as_str().to_owned();
            Some(message)
        })
        .collect::<Option<_>>()?;
    Some(Recent {
        head: head.parse().ok()?,
        floor: floor.parse().ok()?,
        messages,
    })
}

/// The members of a session, the visitor among them, as far as Redis knows them; none if it does not. One round trip.
pub async fn members(cache: &Cache, visitor: &Visitor) -> Result<Vec<Uuid>, CacheError> {
    let mut pipeline = redis::pipe();
    pipeline.hkeys(Keys::of(visitor.session().id).members);
    let (users,): (Vec<String>,) = cache.run(&pipeline).await?;
    let users: Vec<Uuid> = users
        .iter()
        .filter_map(|user| Uuid::try_parse(user).ok())
        .collect();
    Ok(if users.contains(&visitor.user()) {
        users
    } else {
        Vec::new()
    })
}
