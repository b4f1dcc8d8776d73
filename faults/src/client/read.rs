//! Reads what the server sends.

use serde_json::Value;

use super::Names;
use crate::history::{Answer, Seen};

/// A message; none where it is not one, or its author is not of this run.
pub(super) fn seen(names: &Names, message: &Value) -> Option<Seen> {
    Some(Seen {
        id: message["id"].as_str()?.parse().ok()?,
        seq: message["seq"].as_i64()?,
        change: message["change"].as_i64()?,
        rev: message["rev"].as_i64()?,
        author: names.user(message["user_id"].as_str()?)?,
        content: message["content"].as_str()?.to_owned(),
        created_at: message["created_at"].as_str()?.to_owned(),
        deleted: !message["deleted_at"].is_null(),
    })
}

/// All of a page.
pub(crate) fn page(names: &Names, messages: &Value) -> Vec<Seen> {
    let messages = messages.as_array().map(Vec::as_slice).unwrap_or_default();
    messages
        .iter()
        .filter_map(|message| seen(names, message))
        .collect()
}

/// An ack, of a message or of a read mark. It came with a rate if the sender's limits could be counted: in its frame, or beside it over
/// REST.
pub(super) fn ack(frame: &Value, has_rate: bool) -> Option<Answer> {
    let message = &frame["message"];
    if message.is_null() {
        return Some(Answer::Marked {
            seq: frame["seq"].as_i64()?,
        });
    }
    Some(Answer::Acked {
        id: message["id"].as_str()?.parse().ok()?,
        seq: message["seq"].as_i64()?,
        change: message["change"].as_i64()?,
        rev: message["rev"].as_i64().unwrap_or(1),
        created_at: message["created_at"].as_str()?.to_owned(),
        duplicate: frame["duplicate"] == true,
        announced: has_rate,
    })
}

/// The server's own word for a cursor.
pub(super) fn token(document: &Value) -> Option<Value> {
    document["cursor"].as_str().map(Value::from)
}
