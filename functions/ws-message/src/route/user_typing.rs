//! `user_typing`: I am writing, or not any more. Never stored, never acked, the first thing to be given up.

use std::collections::HashMap;

use redis::{FromRedisValue, ParsingError, Value};
use shared::{
    App,
    cache::CacheError,
    code::{Failure, log_failure},
    connection::{self, Socket},
    entry::{self, Entry},
    frame::ServerFrame,
    limit::Limit,
    session::Visitor,
};
use uuid::Uuid;

use crate::audience::AudienceCache;

/// A client repeats the frame while its user writes; a reader that hears nothing for this long stops showing it.
const EXPIRES_IN_MILLIS: u64 = 6_000;

/// Tells everybody else.
pub(crate) async fn user_typing(
    app: &App,
    audiences: &AudienceCache,
    socket: &Socket,
    session_id: &str,
    typing: bool,
) -> Result<(), Failure> {
    let visitor = Visitor::verify(&app.session_keys, socket.user_id, session_id)?;
    let audience = audiences.of(app, &visitor).await?;
    let frame = ServerFrame::UserTyping {
        session_id: visitor.session().as_str(),
        user_id: socket.user_id,
        typing,
        expires_in: EXPIRES_IN_MILLIS,
    };
    let limit = Limit::typing(&app.config, &socket.connection_id);
    let entry = Entry::of_frame(socket, limit);
    match find(app, socket, &audience, &entry).await {
        Ok(found) => {
            entry.decide(&app.config, &found.entry)?;
            let targets = connection::targets(&audience, found.sockets);
            app.push.to_others(targets, Some(socket), &frame).await;
        }
        Err(error) => {
            log_failure(&error, "telling of typing");
            entry.open(app)?;
        }
    }
    Ok(())
}

/// Asks whether the frame may come in and finds the audience's sockets: one round trip.
async fn find(
    app: &App,
    socket: &Socket,
    audience: &[Uuid],
    entry: &Entry,
) -> Result<Found, CacheError> {
    let mut pipeline = redis::pipe();
    connection::touch(&mut pipeline, socket);
    entry.ask(&mut pipeline, &app.config);
    connection::of_users(&mut pipeline, audience);
    app.cache.run(&pipeline).await
}

/// What Redis answers to it.
struct Found {
    entry: entry::Answer,
    /// For each user of the audience.
    sockets: Vec<HashMap<String, String>>,
}

impl FromRedisValue for Found {
    fn from_redis_value(value: Value) -> Result<Self, ParsingError> {
        let mut answers = Vec::<Value>::from_redis_value(value)?.into_iter();
        Ok(Self {
            entry: entry::Answer::next_of(&mut answers)?,
            sockets: answers
                .map(HashMap::from_redis_value)
                .collect::<Result<_, _>>()?,
        })
    }
}
