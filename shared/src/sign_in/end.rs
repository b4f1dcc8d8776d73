//! The end of sign-ins: by log-out, by a refresh token that was copied, or by a guest becoming somebody.

use tokio_postgres::types::Type;
use uuid::Uuid;

use super::mark;
use crate::{
    App,
    cache::{Cache, CacheError},
    code::log_failure,
    connection,
    database::DatabaseError,
    frame::ServerFrame,
    token::RefreshToken,
};

/// To sockets whose sign-in has ended: there is nothing to come back with.
pub const SIGNED_OUT: ServerFrame<'static> = ServerFrame::Bye {
    code: "signed_out",
    retry: false,
};

/// Ends the sign-in that a refresh token belongs to, or all of its user's. A token that nobody knows is no error, so that a log-out
/// can be repeated.
pub async fn sign_out(
    app: &App,
    token: &RefreshToken,
    everywhere: bool,
) -> Result<(), DatabaseError> {
    const SQL: &str = "SELECT user_id, sign_ins FROM sign_out($1, $2)";
    let params = [
        (&token.digest() as _, Type::BYTEA),
        (&everywhere as _, Type::BOOL),
    ];
    let rows = app.database.query(SQL, &params).await?;
    let Some(row) = rows.first() else {
        return Ok(());
    };
    if let (Some(user), Some(sign_ins)) = (
        row.get::<_, Option<Uuid>>("user_id"),
        row.get::<_, Option<Vec<Uuid>>>("sign_ins"),
    ) {
        end(app, user, &sign_ins, &SIGNED_OUT).await;
    }
    Ok(())
}

/// Marks sign-ins that PostgreSQL has ended already, and closes their sockets. Where Redis is away nobody knows the sockets: they
/// stay until they are closed for another reason, within two hours.
pub async fn end(app: &App, user: Uuid, sign_ins: &[Uuid], bye: &ServerFrame<'_>) {
    if let Err(error) = try_end(app, user, sign_ins, bye).await {
        log_failure(&error, "closing the sockets of a sign-in that ended");
    }
}

/// Marks a sign-in that PostgreSQL has ended already, where nobody may close its sockets: they find the mark with their next frame.
pub async fn leave_mark(cache: &Cache, user: Uuid, sign_in: Uuid) -> Result<(), CacheError> {
    let mut pipeline = redis::pipe();
    mark::leave(&mut pipeline, user, sign_in);
    cache.run(&pipeline).await
}

async fn try_end(
    app: &App,
    user: Uuid,
    sign_ins: &[Uuid],
    bye: &ServerFrame<'_>,
) -> Result<(), CacheError> {
    let mut pipeline = redis::pipe();
    // First the marks: a socket that registers after this finds its own.
    for sign_in in sign_ins {
        mark::leave(&mut pipeline, user, *sign_in);
    }
    connection::of_users(&mut pipeline, &[user]);
    let sockets = connection::of_sign_ins(user, sign_ins, app.cache.run(&pipeline).await?);
    app.push.close_all(&sockets, bye).await;
    connection::forget(&app.cache, &sockets).await
}
