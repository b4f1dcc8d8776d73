//! The end of a socket whose sign-in has ended and which is open all the same: Redis was away or had forgotten it, or its close was lost.

use shared::{
    App,
    code::log_failure,
    connection::{self, Socket, Target},
    sign_in::SIGNED_OUT,
};

/// Closes the socket that a frame came through. What its client is told stands in the answer, too.
pub(crate) async fn sign_out(app: &App, socket: &Socket) -> String {
    let own = [Target::new(socket.user_id, &socket.connection_id)];
    app.push.close_all(&own, &SIGNED_OUT).await;
    if let Err(error) = connection::forget(&app.cache, &own).await {
        log_failure(&error, "forgetting a socket whose sign-in has ended");
    }
    SIGNED_OUT.to_json()
}
