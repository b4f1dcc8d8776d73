//! `user_typing`: I am writing, or not any more. Never stored, never acked, the first thing to be given up.

use std::collections::HashMap;

use redis::{FromRedisValue, Value};
use shared::{
    App,
    cache::CacheError,
    code::{Failure, log_failure},
    connection::{self, Socket, Target},
    frame::ServerFrame,
    limit::{self, Limit, Who},
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
    let user = Who::user(socket.user_id);
    let limits = [Limit::typing(&app.config, &socket.connection_id)];
    match find(app, socket, &audience, (&user, &limits)).await {
        Ok((rate, targets)) => {
            limit::decide(&app.config, &limits, &rate)?;
            app.push.to_others(targets, Some(socket), &frame).await;
        }
        Err(error) => {
            log_failure(&error, "telling of typing");
            limit::open(app, &user, &limits)?;
        }
    }
    Ok(())
}

/// Counts the frame and finds the audience's sockets: one round trip.
async fn find(
    app: &App,
    socket: &Socket,
    audience: &[Uuid],
    (user, limits): (&Who, &[Limit]),
) -> Result<(limit::Answer, Vec<Target>), CacheError> {
    let mut pipeline = redis::pipe();
    connection::touch(&mut pipeline, socket);
    limit::check(&mut pipeline, &app.config, user, limits);
    connection::of_users(&mut pipeline, audience);
    let mut answers = app.cache.run::<Vec<Value>>(&pipeline).await?.into_iter();
    let rate = limit::Answer::from_redis_value(answers.next().unwrap_or(Value::Nil));
    let connections: Result<Vec<HashMap<String, String>>, _> =
        answers.map(HashMap::from_redis_value).collect();
    let parsed = |error: redis::ParsingError| CacheError::from(redis::RedisError::from(error));
    Ok((
        rate.map_err(parsed)?,
        connection::targets(audience, connections.map_err(parsed)?),
    ))
}
