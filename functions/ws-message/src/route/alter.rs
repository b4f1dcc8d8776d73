//! `edit`: I meant this. `delete`: I did not say this.

use shared::{
    App,
    code::Failure,
    connection::Socket,
    frame::ServerFrame,
    message::{self, Alteration, Sender},
    session::Visitor,
};

/// Alters the message, tells everybody else and acks.
pub(crate) async fn alter(
    app: &App,
    socket: &Socket,
    id: &str,
    session_id: &str,
    alteration: &Alteration,
) -> Result<String, Failure> {
    let visitor = Visitor::verify(&app.session_keys, socket.user_id, session_id)?;
    let sender = Sender {
        visitor: &visitor,
        socket: Some(socket),
    };
    let acked = message::alter(app, &sender, alteration).await?;
    Ok(ServerFrame::ack(id, &acked).to_json())
}
