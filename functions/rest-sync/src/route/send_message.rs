//! `POST /api/chat/messages`: the same send, for clients without a socket and for services.

use serde_json::json;
use shared::{
    App,
    code::Failure,
    message::{Draft, Sender, send},
    rest::{Call, Reply},
    session::Visitor,
};
use uuid::Uuid;

/// Takes `{id, session_id, content, metadata?}`; answers 201 with what was stored, or 200 if the same had been stored before.
pub(crate) async fn send_message(app: &App, user: Uuid, call: &Call) -> Result<Reply, Failure> {
    let fields = call.fields()?;
    let id = fields.text("id")?;
    let visitor = Visitor::verify(&app.session_keys, user, fields.text("session_id")?)?;
    let draft = Draft::new(id, fields.text("content")?, fields.object("metadata")?)?;
    let sender = Sender {
        visitor: &visitor,
        socket: None,
    };
    let acked = send(app, &sender, draft).await?;
    let ack = json!({ "id": id, "message": acked.receipt, "cursor": acked.cursor, "duplicate": acked.duplicate });
    let reply = if acked.duplicate {
        Reply::ok(&ack)
    } else {
        Reply::created(&ack)
    };
    Ok(reply.with_rate(acked.rate))
}
