//! `edit`: I meant this. `delete`: I did not say this.

use shared::{
    App,
    code::Failure,
    connection::Socket,
    frame::ServerFrame,
    message::{self, Alteration, Sender},
    session::SessionId,
};

/// Alters the message, tells everybody else and acks.
pub(crate) async fn alter(
    app: &App,
    socket: &Socket,
    id: &str,
    session_id: &str,
    alteration: &Alteration,
) -> Result<String, Failure> {
    let session = SessionId::verify(&app.session_keys, session_id)?;
    let sender = Sender {
        user: socket.user_id,
        socket: Some(socket),
    };
    let acked = message::alter(app, &sender, &session, alteration).await?;
    Ok(ServerFrame::ack(id, &acked).to_json())
}
