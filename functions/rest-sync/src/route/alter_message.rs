//! `PATCH` and `DELETE /api/chat/messages/{message_id}`: the same edit and deletion as over a socket.

use serde_json::json;
use shared::{
    App,
    code::Failure,
    field::InvalidField,
    message::{Acked, Alteration, Edit, Sender, alter},
    rest::{Call, Reply},
    session::SessionId,
};
use uuid::Uuid;

/// Takes `{session_id, rev, content, metadata?}`.
pub(crate) async fn edit_message(app: &App, user: Uuid, call: &Call) -> Result<Reply, Failure> {
    let fields = call.fields()?;
    let session = SessionId::verify(&app.session_keys, fields.text("session_id")?)?;
    let alteration = Alteration {
        message: message_id(call)?,
        rev: fields.revision("rev")?,
        edit: Some(Edit::new(
            fields.text("content")?,
            fields.optional_object("metadata")?,
        )?),
    };
    let sender = Sender { user, socket: None };
    Ok(reply(&alter(app, &sender, &session, &alteration).await?))
}

/// Takes `session_id` and `rev` in the query string: a DELETE has no body.
pub(crate) async fn delete_message(app: &App, user: Uuid, call: &Call) -> Result<Reply, Failure> {
    let session = call.session_in_query(&app.session_keys)?;
    let rev = call.query_as("rev")?.filter(|rev| *rev > 0);
    let alteration = Alteration {
        message: message_id(call)?,
        rev: rev.ok_or(InvalidField("rev"))?,
        edit: None,
    };
    let sender = Sender { user, socket: None };
    Ok(reply(&alter(app, &sender, &session, &alteration).await?))
}

fn message_id(call: &Call) -> Result<Uuid, InvalidField> {
    let id = call.path_parameter("message_id");
    id.parse().map_err(|_| InvalidField("message_id"))
}

fn reply(acked: &Acked) -> Reply {
    let ack =
        json!({ "message": acked.receipt, "cursor": acked.cursor, "duplicate": acked.duplicate });
    Reply::ok(&ack).with_rate(acked.rate)
}
