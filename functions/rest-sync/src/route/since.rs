//! `GET /api/chat/messages/since`: what a device missed, and proof that it has everything.

use serde_json::{Value, json};
use shared::{
    App,
    code::Failure,
    field::InvalidField,
    message::{self, Since},
    rest::{Call, Reply},
    timestamp,
};
use uuid::Uuid;

use super::{DEFAULT_PAGE, MAX_PAGE, MAX_PAGE_BYTES};

/// Takes `session_id`, one of `after_change`, `after_id` and `since`, and `limit`.
pub(crate) async fn since(app: &App, user: Uuid, call: &Call) -> Result<Reply, Failure> {
    let visitor = call.session_in_query(&app.session_keys, user)?;
    let (from, given) = start(call)?;
    let mut page = message::since(app, &visitor, from, call.limit(DEFAULT_PAGE, MAX_PAGE)?).await?;
    let first = page
        .messages
        .first()
        .map_or(page.change, |message| message.change);
    page.fit(MAX_PAGE_BYTES, first - 1);
    Ok(Reply::ok(&json!({
        "messages": page.messages,
        "session_id": visitor.session().as_str(),
        "message_count": page.messages.len(),
        "since": given,
        "change": page.change,
        "complete": page.complete,
    })))
}

/// Where the reader left off, and how they said so.
fn start(call: &Call) -> Result<(Since, Value), InvalidField> {
    if let Some(text) = call.query("after_change") {
        let change: i64 = text
            .parse()
            .ok()
            .filter(|change| *change >= 0)
            .ok_or(InvalidField("after_change"))?;
        return Ok((Since::Change(change), change.into()));
    }
    if let Some(text) = call.query("after_id") {
        let id = text.parse().map_err(|_| InvalidField("after_id"))?;
        return Ok((Since::Message(id), text.into()));
    }
    let text = call.query("since").ok_or(InvalidField("since"))?;
    let time = timestamp::parse(&text).ok_or(InvalidField("since"))?;
    Ok((Since::Time(time), text.into()))
}
