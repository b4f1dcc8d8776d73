//! `user_typing`: I am writing, or not any more. Never stored, never acked, the first thing to be given up.

use shared::{
    App,
    code::{Failure, log_failure},
    connection::Socket,
    frame::ServerFrame,
    session::Visitor,
};

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
    let (session_id, user_id) = (visitor.session().as_str(), socket.user_id);
    let frame = ServerFrame::UserTyping {
        session_id,
        user_id,
        typing,
        expires_in: EXPIRES_IN_MILLIS,
    };
    if let Err(error) = app.push.to_users(&audience, Some(socket), &frame).await {
        log_failure(&error, "telling of typing");
    }
    Ok(())
}
