//! Reading the list.

use redis::{FromRedisValue, Value};
use uuid::Uuid;

use super::{
    Keys,
    lease::{LEASE_MILLIS, Lease},
    lua,
};
use crate::{
    cache::{Cache, CacheError},
    message::Encoded,
    session::{Cursor, Epoch, SessionId, Visitor},
};

/// Longer than any function runs: an alteration that was announced so long ago will not report back.
const LOST_MILLIS: u64 = 30_000;

/// What Redis knew.
#[derive(Debug)]
pub enum Reading {
    /// The list; the user is a member.
    Hit(Recent),
    /// There is no list, or the user is not known as a member, or it denies the reader's cursor: PostgreSQL decides. This reader
    /// refills it.
    Miss(Lease),
    /// The same, and another reader is refilling it: worth a moment's wait.
    Refilling,
    /// PostgreSQL decides: an alteration is on its way, or the list does not reach back far enough.
    Unusable,
}

/// Every message whose latest change is after `floor`, as of `head`, as far as it was asked for.
#[derive(Debug)]
pub struct Recent {
    /// The newest change of the session.
    pub head: i64,
    /// What has a later change is in the list.
    pub floor: i64,
    /// The database that this comes from.
    pub epoch: Epoch,
    /// In the order of their changes.
    pub messages: Vec<Encoded>,
}

/// Reads what comes after a cursor or, without one, the whole list. One round trip.
pub async fn read(
    cache: &Cache,
    visitor: &Visitor,
    cursor: Option<&Cursor>,
) -> Result<Reading, CacheError> {
    let (session, lease) = (visitor.session(), Lease::new());
    let keys = Keys::of(session.id);
    let mut pipeline = redis::pipe();
    lua::READ.call(&mut pipeline, &keys.all());
    pipeline
        .arg(visitor.user().to_string())
        .arg(cursor.map_or(-1, |cursor| cursor.change))
        .arg(cursor.and_then(Cursor::epoch).unwrap_or_default())
        .arg(lease.0.to_string())
        .arg(LOST_MILLIS)
        .arg(LEASE_MILLIS);
    let (answer,): (Vec<Value>,) = cache.run(&pipeline).await?;
    let mut texts = answer.into_iter().map(String::from_redis_value);
    let outcome = texts.next().transpose().map_err(redis::RedisError::from)?;
    match outcome.as_deref() {
        Some("hit") => {}
        Some("miss") => return Ok(Reading::Miss(lease)),
        Some("wait") => return Ok(Reading::Refilling),
        _ => return Ok(Reading::Unusable),
    }
    let texts: Vec<String> = texts
        .collect::<Result<_, _>>()
        .map_err(redis::RedisError::from)?;
    // What cannot be read may be of another version of this: it lapses within the minute that members are believed.
    Ok(parse(session, texts).map_or(Reading::Unusable, Reading::Hit))
}

fn parse(session: &SessionId, texts: Vec<String>) -> Option<Recent> {
    let mut texts = texts.into_iter();
    let (head, floor, epoch) = (texts.next()?, texts.next()?, texts.next()?);
    let mut messages = Vec::with_capacity(texts.len() / 2);
    while let Some(json) = texts.next() {
        let change = texts.next()?.parse().ok()?;
        messages.push(Encoded::kept(session, change, json)?);
    }
    Some(Recent {
        head: head.parse().ok()?,
        floor: floor.parse().ok()?,
        epoch: Epoch::from_column(&epoch),
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
