//! A message as it travels: made into JSON once, then measured, kept, pushed and answered as it is.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use uuid::Uuid;

use super::Message;
use crate::{session::SessionId, timestamp};

/// A message as JSON, and its change.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct Encoded {
    #[serde(skip)]
    change: i64,
    json: Box<RawValue>,
}

/// What a reader may have left off at.
#[derive(Debug, Deserialize)]
pub(crate) struct Place {
    pub(crate) id: Uuid,
    pub(crate) seq: i64,
    #[serde(with = "timestamp")]
    pub(crate) created_at: DateTime<Utc>,
}

impl Encoded {
    /// Encodes a message.
    pub fn new(message: &Message) -> Self {
        Self {
            change: message.change,
            json: to_raw_value(message).expect("a message is plain data"),
        }
    }

    /// What [`Encoded::json`] gave and Redis kept; `None` for what is no message. The session's id is signed anew where its key has
    /// rotated meanwhile.
    pub(crate) fn kept(session: &SessionId, change: i64, json: String) -> Option<Self> {
        if names(session, &json) {
            let json = RawValue::from_string(json).ok()?;
            return Some(Self { change, json });
        }
        let mut message: Message = serde_json::from_str(&json).ok()?;
        message.session_id = session.as_str().to_owned();
        Some(Self::new(&message))
    }

    /// The message's latest alteration; a cursor.
    pub fn change(&self) -> i64 {
        self.change
    }

    /// The message.
    pub fn json(&self) -> &str {
        self.json.get()
    }

    pub(crate) fn place(&self) -> Option<Place> {
        serde_json::from_str(self.json()).ok()
    }
}

/// Whether the second field is the session's id as it is signed now. In another place it could be part of the metadata.
fn names(session: &SessionId, json: &str) -> bool {
    const ID_CHARS: usize = 36;
    let after = json
        .strip_prefix(r#"{"id":""#)
        .and_then(|rest| rest.get(ID_CHARS..));
    after
        .and_then(|rest| rest.strip_prefix(r#"","session_id":""#))
        .and_then(|rest| rest.strip_prefix(session.as_str()))
        .is_some_and(|rest| rest.starts_with('"'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{config::Secret, session::Role, token::KeyRing};

    fn signed(secret: &str, id: Uuid) -> SessionId {
        let keys = KeyRing::parse("SESSION_KEYS", &Secret::from(secret)).unwrap();
        SessionId::sign(&keys, id)
    }

    fn message(session: &SessionId, metadata: serde_json::Value) -> Message {
        Message {
            id: Uuid::now_v7(),
            session_id: session.as_str().to_owned(),
            seq: 1,
            change: 7,
            rev: 2,
            user_id: Uuid::now_v7(),
            role: Role::Owner,
            content: "hi".to_owned(),
            metadata,
            created_at: Utc::now(),
            edited_at: None,
            deleted_at: None,
        }
    }

    #[test]
    fn what_was_kept_is_the_same_text() {
        let session = signed(&"k".repeat(32), Uuid::now_v7());
        let encoded = Encoded::new(&message(&session, json!({})));
        assert!(names(&session, encoded.json()));
        let kept = Encoded::kept(&session, 7, encoded.json().to_owned()).unwrap();
        assert_eq!((kept.json(), kept.change()), (encoded.json(), 7));
        assert_eq!(kept.place().unwrap().seq, 1);
    }

    #[test]
    fn a_session_id_of_an_old_key_is_signed_anew_whatever_the_metadata_says() {
        let id = Uuid::now_v7();
        let (old, new) = (signed(&"o".repeat(32), id), signed(&"n".repeat(32), id));
        let encoded = Encoded::new(&message(&old, json!({"session_id": new.as_str()})));
        let kept = Encoded::kept(&new, 7, encoded.json().to_owned()).unwrap();
        let read: Message = serde_json::from_str(kept.json()).unwrap();
        assert_eq!(read.session_id, new.as_str());
    }

    #[test]
    fn what_is_no_message_is_not_kept() {
        let session = signed(&"k".repeat(32), Uuid::now_v7());
        for json in ["", "{}", "null", r#"{"id":"#] {
            assert!(Encoded::kept(&session, 7, json.to_owned()).is_none());
        }
    }
}
