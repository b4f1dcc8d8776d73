//! `message`: say something.

use serde_json::{Map, Value};
use shared::{
    App,
    code::Failure,
    connection::Socket,
    frame::ServerFrame,
    message::{Draft, Sender, send},
    session::SessionId,
};

/// Stores the message, tells everybody else and acks.
pub(crate) async fn message(
    app: &App,
    socket: &Socket,
    id: &str,
    session_id: &str,
    content: &str,
    metadata: Map<String, Value>,
) -> Result<String, Failure> {
    let session = SessionId::verify(&app.session_keys, session_id)?;
    let draft = Draft::new(id, content, metadata)?;
    let sender = Sender {
        user: socket.user_id,
        socket: Some(socket),
    };
    let acked = send(app, &sender, &session, draft).await?;
    Ok(ServerFrame::ack(id, &acked).to_json())
}
