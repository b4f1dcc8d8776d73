//! `user_typing`: I am writing, or not any more. Never stored, never acked, the first thing to be given up.

use std::collections::HashMap;

use redis::{FromRedisValue, ParsingError, Value};
use shared::{
    App,
    cache::CacheError,
    code::{Failure, log_failure},
    connection::{self, Socket},
    frame::ServerFrame,
    limit::{self, Limit, Who},
    session::Visitor,
    sign_in::{self, SignedOut},
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
    let user = Who::user(socket.user_id);
    let limits = [Limit::typing(&app.config, &socket.connection_id)];
    match find(app, socket, &audience, (&user, &limits)).await {
        Ok(Found {
            signed_out: true, ..
        }) => return Err(SignedOut.into()),
        Ok(found) => {
            limit::decide(&app.config, &limits, &found.rate)?;
            let targets = connection::targets(&audience, found.sockets);
            app.push.to_others(targets, Some(socket), &frame).await;
        }
        Err(error) => {
            log_failure(&error, "telling of typing");
            limit::open(app, &user, &limits)?;
        }
    }
    Ok(())
}

/// Counts the frame, asks whether the socket's sign-in has ended and finds the audience's sockets: one round trip.
async fn find(
    app: &App,
    socket: &Socket,
    audience: &[Uuid],
    (user, limits): (&Who, &[Limit]),
) -> Result<Found, CacheError> {
    let mut pipeline = redis::pipe();
    connection::touch(&mut pipeline, socket);
    limit::check(&mut pipeline, &app.config, user, limits);
    sign_in::ask(&mut pipeline, socket.user_id, socket.sign_in);
    connection::of_users(&mut pipeline, audience);
    app.cache.run(&pipeline).await
}

/// What Redis answers to it.
struct Found {
    rate: limit::Answer,
    signed_out: bool,
    /// For each user of the audience.
    sockets: Vec<HashMap<String, String>>,
}

impl FromRedisValue for Found {
    fn from_redis_value(value: Value) -> Result<Self, ParsingError> {
        let mut answers = Vec::<Value>::from_redis_value(value)?.into_iter();
        let mut next = || answers.next().unwrap_or(Value::Nil);
        Ok(Self {
            rate: limit::Answer::from_redis_value(next())?,
            signed_out: bool::from_redis_value(next())?,
            sockets: answers
                .map(HashMap::from_redis_value)
                .collect::<Result<_, _>>()?,
        })
    }
}
