//! What a client sends.

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{
    code::{Code, Coded},
    field::{Fields, InvalidField},
    session::Cursor,
};

/// Sessions that one ping or sync may name.
pub const MAX_CURSORS: usize = 100;
/// An `id` is sent back as it came; longer ones are refused.
const MAX_ID_CHARS: usize = 64;

/// What a client sends.
#[derive(Debug)]
pub enum ClientFrame {
    /// `ping`: I live, and I have this.
    Ping {
        /// By session id.
        cursors: Vec<(String, Cursor)>,
    },
    /// `message`: say this.
    Message {
        /// The send's idempotency key.
        id: String,
        /// Signed.
        session_id: String,
        /// The text.
        content: String,
        /// A JSON object.
        metadata: Map<String, Value>,
    },
    /// `edit`: I meant this.
    Edit {
        /// Comes back in the ack.
        id: String,
        /// Signed.
        session_id: String,
        /// The message.
        message_id: Uuid,
        /// The revision that the client saw.
        rev: i32,
        /// The text.
        content: String,
        /// A JSON object; none leaves the message's own.
        metadata: Option<Map<String, Value>>,
    },
    /// `delete`: I did not say this.
    Delete {
        /// Comes back in the ack.
        id: String,
        /// Signed.
        session_id: String,
        /// The message.
        message_id: Uuid,
        /// The revision that the client saw.
        rev: i32,
    },
    /// `user_typing`: I am writing, or not any more.
    UserTyping {
        /// Signed.
        session_id: String,
        /// Whether.
        typing: bool,
    },
    /// `read`: I have seen everything up to here.
    Read {
        /// Comes back in the ack.
        id: String,
        /// Signed.
        session_id: String,
        /// The newest message that was seen.
        seq: i64,
    },
    /// `sync`: what have I missed?
    Sync {
        /// Comes back in the answer.
        id: String,
        /// By session id.
        cursors: Vec<(String, Cursor)>,
    },
}

/// A frame that nobody can answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Not a JSON object with a `type`.
    #[error("the frame is not a JSON object with a type")]
    Malformed,
    /// A `type` that nobody knows.
    #[error("the type is not known")]
    UnknownType,
    /// A field that is missing or has the wrong form.
    #[error(transparent)]
    Field(#[from] InvalidField),
}

impl Coded for FrameError {
    fn code(&self) -> Code {
        match self {
            Self::Malformed => Code::MalformedFrame,
            Self::UnknownType => Code::UnknownType,
            Self::Field(error) => error.code(),
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::Field(error) => error.field(),
            Self::Malformed | Self::UnknownType => None,
        }
    }
}

impl ClientFrame {
    /// Every type that there is. Whoever adds one adds it here, or it stays unknown.
    pub const TYPES: &[&str] = &[
        "ping",
        "message",
        "edit",
        "delete",
        "user_typing",
        "read",
        "sync",
    ];

    /// Reads a frame. The `id` comes first: an error goes back under it where the frame has one.
    pub fn parse(text: &str) -> (Option<String>, Result<Self, FrameError>) {
        let Some(fields) = Fields::parse(text) else {
            return (None, Err(FrameError::Malformed));
        };
        let id = fields
            .text("id")
            .ok()
            .filter(|id| (1..=MAX_ID_CHARS).contains(&id.chars().count()));
        let id = id.map(str::to_owned);
        let frame = Self::read(&fields, id.clone());
        (id, frame)
    }

    fn read(fields: &Fields, id: Option<String>) -> Result<Self, FrameError> {
        let id = id.ok_or(InvalidField("id"));
        let session_id = || fields.text("session_id").map(str::to_owned);
        let kind = fields.text("type").map_err(|_| FrameError::Malformed)?;
        if !Self::TYPES.contains(&kind) {
            return Err(FrameError::UnknownType);
        }
        Ok(match kind {
            "ping" => Self::Ping {
                cursors: fields.cursors("cursors", MAX_CURSORS)?,
            },
            "message" => Self::Message {
                id: id?,
                session_id: session_id()?,
                content: fields.text("content")?.to_owned(),
                metadata: fields.object("metadata")?,
            },
            "edit" => Self::Edit {
                id: id?,
                session_id: session_id()?,
                message_id: fields.uuid("message_id")?,
                rev: fields.revision("rev")?,
                content: fields.text("content")?.to_owned(),
                metadata: fields.optional_object("metadata")?,
            },
            "delete" => Self::Delete {
                id: id?,
                session_id: session_id()?,
                message_id: fields.uuid("message_id")?,
                rev: fields.revision("rev")?,
            },
            "user_typing" => Self::UserTyping {
                session_id: session_id()?,
                typing: fields.flag("typing")?,
            },
            "read" => Self::Read {
                id: id?,
                session_id: session_id()?,
                seq: fields.count("seq")?,
            },
            "sync" => Self::Sync {
                id: id?,
                cursors: fields.cursors("cursors", MAX_CURSORS)?,
            },
            _ => return Err(FrameError::UnknownType),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> FrameError {
        ClientFrame::parse(text).1.unwrap_err()
    }

    #[test]
    fn a_frame_is_an_object_with_a_type() {
        for text in ["", "hello", "[]", "{}", r#"{"type": 1}"#] {
            assert_eq!(error(text), FrameError::Malformed, "{text}");
        }
        assert_eq!(error(r#"{"type": "dance"}"#), FrameError::UnknownType);
    }

    #[test]
    fn an_error_has_the_id_of_its_frame() {
        let (id, frame) = ClientFrame::parse(r#"{"type": "message", "id": "m1"}"#);
        assert_eq!(id.as_deref(), Some("m1"));
        assert_eq!(
            frame.unwrap_err(),
            FrameError::Field(InvalidField("session_id"))
        );
    }

    #[test]
    fn an_id_has_1_to_64_characters() {
        let sync = |id: &str| ClientFrame::parse(&format!(r#"{{"type": "sync", "id": "{id}"}}"#)).1;
        assert!(sync(&"i".repeat(64)).is_ok());
        assert_eq!(
            sync(&"i".repeat(65)).unwrap_err(),
            FrameError::Field(InvalidField("id"))
        );
        assert_eq!(sync("").unwrap_err(), FrameError::Field(InvalidField("id")));
    }

    #[test]
    fn unknown_fields_are_ignored() {
        let (_, frame) = ClientFrame::parse(r#"{"type": "ping", "colour": "blue"}"#);
        assert!(matches!(frame, Ok(ClientFrame::Ping { cursors }) if cursors.is_empty()));
    }

    #[test]
    fn a_ping_names_at_most_100_sessions() {
        let ping = |count: usize| {
            let cursors: Map<String, Value> =
                (0..count).map(|n| (n.to_string(), n.into())).collect();
            ClientFrame::parse(&serde_json::json!({"type": "ping", "cursors": cursors}).to_string())
                .1
        };
        assert!(ping(MAX_CURSORS).is_ok());
        assert_eq!(
            ping(MAX_CURSORS + 1).unwrap_err(),
            FrameError::Field(InvalidField("cursors"))
        );
    }
}
