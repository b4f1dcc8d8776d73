//! `PATCH` and `DELETE /api/chat/messages/{message_id}`: the same edit and deletion as over a socket.

use serde_json::json;
use shared::{
    App,
    code::Failure,
    field::{InvalidField, revision},
    message::{Alteration, Edit, Sender, alter},
    rest::{Call, Reply},
    session::Visitor,
};
use uuid::Uuid;

/// Takes `{session_id, rev, content, metadata?}`.
pub(crate) async fn edit_message(app: &App, user: Uuid, call: &Call) -> Result<Reply, Failure> {
    let fields = call.fields()?;
    let visitor = Visitor::verify(&app.session_keys, user, fields.text("session_id")?)?;
    let alteration = Alteration {
        message: message_id(call)?,
        rev: fields.revision("rev")?,
        edit: Some(Edit::new(
            fields.text("content")?,
            fields.optional_object("metadata")?,
        )?),
    };
    carry_out(app, &visitor, &alteration).await
}

/// Takes `session_id` and `rev` in the query string: a DELETE has no body.
pub(crate) async fn delete_message(app: &App, user: Uuid, call: &Call) -> Result<Reply, Failure> {
    let visitor = call.session_in_query(&app.session_keys, user)?;
    let rev = call.query_as("rev")?.and_then(revision);
    let alteration = Alteration {
        message: message_id(call)?,
        rev: rev.ok_or(InvalidField("rev"))?,
        edit: None,
    };
    carry_out(app, &visitor, &alteration).await
}

fn message_id(call: &Call) -> Result<Uuid, InvalidField> {
    let id = call.path_parameter("message_id");
    id.parse().map_err(|_| InvalidField("message_id"))
}

async fn carry_out(
    app: &App,
    visitor: &Visitor,
    alteration: &Alteration,
) -> Result<Reply, Failure> {
    let sender = Sender {
        visitor,
        socket: None,
    };
    let acked = alter(app, &sender, alteration).await?;
    let ack =
        json!({ "message": acked.receipt, "cursor": acked.cursor, "duplicate": acked.duplicate });
    Ok(Reply::ok(&ack).with_rate(acked.rate))
}
