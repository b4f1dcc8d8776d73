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
    let sent = send(app, &sender, draft).await?;
    let body = json!({ "id": id, "message": sent.receipt, "duplicate": sent.duplicate });
    let reply = if sent.duplicate {
        Reply::ok(&body)
    } else {
        Reply::created(&body)
    };
    Ok(reply.with_rate(sent.rate))
}
