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
    let acked = send(app, &sender, draft).await?;
    Ok(ServerFrame::ack(id, &acked).to_json())
}
