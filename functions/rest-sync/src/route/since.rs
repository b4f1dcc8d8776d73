//! `GET /api/chat/messages/since`: what a device missed, and proof that it has everything.

use serde::Serialize;
use serde_json::Value;
use shared::{
    App,
    code::Failure,
    field::InvalidField,
    message::{self, Encoded, Since},
    rest::{Call, MAX_PAGE_BYTES, Reply},
    session::Cursor,
    timestamp,
};
use uuid::Uuid;

use super::{DEFAULT_PAGE, MAX_PAGE};

/// A page as it travels.
#[derive(Serialize)]
struct Body<'a> {
    messages: &'a [Encoded],
    session_id: &'a str,
    message_count: usize,
    since: Value,
    change: i64,
    cursor: &'a Cursor,
    complete: bool,
}

/// Takes `session_id`, one of `cursor`, `after_change`, `after_id` and `since`, and `limit`.
pub(crate) async fn since(app: &App, user: Uuid, call: &Call) -> Result<Reply, Failure> {
    let visitor = call.session_in_query(&app.session_keys, user)?;
    let (from, given) = start(call)?;
    let limit = call.limit(DEFAULT_PAGE, MAX_PAGE)?;
    let mut page = message::since(app, &visitor, &from, limit).await?;
    let first = page
        .messages
        .first()
        .map_or(page.cursor.change, Encoded::change);
    page.fit(MAX_PAGE_BYTES, first - 1);
    Ok(Reply::ok(&Body {
        messages: &page.messages,
        session_id: visitor.session().as_str(),
        message_count: page.messages.len(),
        since: given,
        change: page.cursor.change,
        cursor: &page.cursor,
        complete: page.complete,
    }))
}

/// Where the reader left off, and how they said so.
fn start(call: &Call) -> Result<(Since, Value), InvalidField> {
    if let Some(text) = call.query("cursor") {
        let cursor = Cursor::parse(&text).ok_or(InvalidField("cursor"))?;
        return Ok((Since::Cursor(cursor), text.into()));
    }
    if let Some(change) = call.query_as("after_change")? {
        let change = Some(change).filter(|change| *change >= 0);
        let change = change.ok_or(InvalidField("after_change"))?;
        return Ok((Since::Cursor(Cursor::of_change(change)), change.into()));
    }
    if let Some(text) = call.query("after_id") {
        let id = text.parse().map_err(|_| InvalidField("after_id"))?;
        return Ok((Since::Message(id), text.into()));
    }
    let text = call.query("since").ok_or(InvalidField("since"))?;
    let time = timestamp::parse(&text).ok_or(InvalidField("since"))?;
    Ok((Since::Time(time), text.into()))
}
