//! `message`: say something.

use serde_json::{Map, Value};
use shared::{
    App,
    code::Failure,
    connection::Socket,
    frame::ServerFrame,
    message::{Draft, Sender, send},
    session::Visitor,
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
    let visitor = Visitor::verify(&app.session_keys, socket.user_id, session_id)?;
    let draft = Draft::new(id, content, metadata)?;
    let sender = Sender {
        visitor: &visitor,
        socket: Some(socket),
    };
    let sent = send(app, &sender, draft).await?;
    let ack = ServerFrame::Ack {
        id,
        message: &sent.receipt,
        duplicate: sent.duplicate,
        rate: sent.rate,
    };
    Ok(ack.to_json())
}
