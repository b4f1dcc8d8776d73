//! One entry of a list: a message as the old service wrote it.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use shared::message::{Draft, DraftError};

use crate::identity::digest;

/// A message that may be stored.
#[derive(Debug)]
pub(crate) struct Entry {
    /// Stable: the same entry has it in every run. Key, text and metadata.
    pub(crate) draft: Draft,
    /// The old id of its author; none if it does not say.
    pub(crate) user: Option<String>,
    /// Whether the assistant wrote it.
    pub(crate) by_assistant: bool,
    pub(crate) created_at: DateTime<Utc>,
}

/// Why an entry cannot be stored.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EntryError {
    #[error("not UTF-8")]
    Encoding,
    #[error("not JSON: {0}")]
    Json(serde_json::Error),
    #[error("not a JSON object")]
    NotAnObject,
    #[error("no text in content")]
    NoContent,
    #[error("no time in created_at or timestamp")]
    NoTime,
    #[error("{0} is not a time: RFC 3339, or seconds or milliseconds since 1970")]
    Time(Value),
    #[error("the role {0} is not one of user, assistant, bot and system")]
    Role(Value),
    #[error("metadata is not an object")]
    Metadata,
    #[error(transparent)]
    Draft(#[from] DraftError),
}

impl Entry {
    /// Reads an entry. `again` counts the same entries before it in its list, which are told apart by it only when they have no id.
    pub(crate) fn parse(raw: &[u8], again: u64) -> Result<Self, EntryError> {
        let text = std::str::from_utf8(raw).map_err(|_| EntryError::Encoding)?;
        let value: Value = serde_json::from_str(text).map_err(EntryError::Json)?;
        let Value::Object(mut fields) = value else {
            return Err(EntryError::NotAnObject);
        };
        let id = fields.remove("id").and_then(|id| word(&id));
        let key = match id {
            Some(id) => digest(&["id", &id]),
            None => digest(&["entry", text, &again.to_string()]),
        };
        let Some(Value::String(content)) = fields.remove("content") else {
            return Err(EntryError::NoContent);
        };
        let created_at = time(&mut fields)?;
        let by_assistant = by_assistant(fields.remove("role"))?;
        let user = fields.remove("user_id").and_then(|user| word(&user));
        fields.remove("session_id");
        let draft = Draft::new(
            &format!("import:{}", &key[..32]),
            &content,
            metadata(fields)?,
        )?;
        Ok(Self {
            draft,
            user,
            by_assistant,
            created_at,
        })
    }
}

/// A text or a number as a word; none if it is blank.
fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn time(fields: &mut Map<String, Value>) -> Result<DateTime<Utc>, EntryError> {
    let found = ["created_at", "timestamp"]
        .into_iter()
        .find_map(|name| fields.remove(name).filter(|time| !time.is_null()))
        .ok_or(EntryError::NoTime)?;
    let time = match &found {
        Value::String(text) => DateTime::parse_from_rfc3339(text)
            .ok()
            .map(|time| time.to_utc()),
        // Later than the year 2286 in seconds, or a time in milliseconds.
        Value::Number(number) => number.as_f64().and_then(|number| {
            let millis = if number.abs() < 1e10 {
                number * 1e3
            } else {
                number
            };
            DateTime::from_timestamp_micros((millis * 1e3) as i64)
        }),
        _ => None,
    };
    time.ok_or(EntryError::Time(found))
}

fn by_assistant(role: Option<Value>) -> Result<bool, EntryError> {
    match role {
        None | Some(Value::Null) => Ok(false),
        Some(Value::String(role)) if role == "user" => Ok(false),
        Some(Value::String(role)) if ["assistant", "bot", "system"].contains(&role.as_str()) => {
            Ok(true)
        }
        Some(role) => Err(EntryError::Role(role)),
    }
}

/// The old metadata, with whatever else the entry had beside it: nothing is lost.
fn metadata(mut rest: Map<String, Value>) -> Result<Map<String, Value>, EntryError> {
    let mut metadata = match rest.remove("metadata") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(metadata)) => metadata,
        Some(_) => return Err(EntryError::Metadata),
    };
    if !rest.is_empty() {
        metadata.insert("imported".to_owned(), Value::Object(rest));
    }
    Ok(metadata)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Entry, EntryError> {
        Entry::parse(text.as_bytes(), 0)
    }

    #[test]
    fn an_entry_keeps_what_it_says() {
        let entry = parse(
            r#"{"id": 7, "session_id": "s", "user_id": "u1", "role": "user", "content": "Hi", "created_at": "2024-11-12T10:00:00+03:00",
                "products": [1], "metadata": {"a": 1}}"#,
        )
        .unwrap();
        assert_eq!(entry.created_at.to_rfc3339(), "2024-11-12T07:00:00+00:00");
        assert_eq!(entry.user.as_deref(), Some("u1"));
        assert_eq!(
            entry.draft.metadata,
            serde_json::json!({"a": 1, "imported": {"products": [1]}})
        );
        assert!(!entry.by_assistant);
    }

    #[test]
    fn times_may_be_seconds_or_milliseconds() {
        for time in ["1731400000", "1731400000000", "1731400000.0"] {
            let entry = parse(&format!(r#"{{"content": "Hi", "timestamp": {time}}}"#)).unwrap();
            assert_eq!(entry.created_at.timestamp(), 1_731_400_000);
        }
    }

    #[test]
    fn keys_are_stable_and_tell_entries_apart() {
        let key = |text: &str, again| Entry::parse(text.as_bytes(), again).unwrap().draft.key;
        let (one, other) = (
            r#"{"content":"Hi","timestamp":1}"#,
            r#"{"content":"Hi","timestamp":2}"#,
        );
        assert_eq!(key(one, 0), key(one, 0));
        assert_ne!(key(one, 0), key(one, 1));
        assert_ne!(key(one, 0), key(other, 0));
        let with_id = r#"{"id":"a","content":"Hi","timestamp":1}"#;
        assert_eq!(
            key(with_id, 0),
            key(with_id, 1),
            "an id says that it is the same"
        );
    }

    #[test]
    fn what_is_missing_is_named() {
        for (text, reason) in [
            ("{", "not JSON"),
            ("[]", "not a JSON object"),
            (r#"{"timestamp": 1}"#, "no text"),
            (r#"{"content": "Hi"}"#, "no time"),
            (r#"{"content": "Hi", "timestamp": "soon"}"#, "not a time"),
            (r#"{"content": " ", "timestamp": 1}"#, "empty"),
            (
                r#"{"content": "Hi", "timestamp": 1, "role": "owl"}"#,
                "role",
            ),
            (
                r#"{"content": "Hi", "timestamp": 1, "metadata": 1}"#,
                "metadata",
            ),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
