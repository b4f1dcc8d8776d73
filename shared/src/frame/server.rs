//! What the server sends.

use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::{
    code::Coded,
    language::Language,
    limit::Rate,
    message::{Acked, Encoded, Receipt},
    session::{Cursor, Member},
};

/// What the server sends.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerFrame<'a> {
    /// Answers a ping.
    Pong {
        /// RFC 3339.
        server_time: String,
        /// Sessions, named as the ping named them, in which the client may have missed something.
        behind: Vec<&'a str>,
    },
    /// Answers a send, an edit or a deletion that is stored.
    Ack {
        /// The request's id.
        id: &'a str,
        /// What was stored.
        message: &'a Receipt,
        /// For a client that has everything before it.
        cursor: &'a Cursor,
        /// Whether it had been stored before.
        duplicate: bool,
        /// For how many other users the gateway took the push; unknown for a duplicate.
        #[serde(skip_serializing_if = "Option::is_none")]
        reached: Option<usize>,
        /// What is left of the sender's rate.
        #[serde(skip_serializing_if = "Option::is_none")]
        rate: Option<Rate>,
    },
    /// Answers a read mark that is stored.
    #[serde(rename = "ack")]
    ReadAck {
        /// The request's id.
        id: &'a str,
        /// Signed.
        session_id: &'a str,
        /// Where the mark stands now.
        seq: i64,
    },
    /// Somebody said something.
    Message {
        /// What.
        message: &'a Encoded,
        /// The change before this one: a client that does not have it syncs.
        prev: i64,
        /// For a client that has.
        cursor: Cursor,
    },
    /// Somebody edited a message.
    MessageUpdated {
        /// As it stands now.
        message: &'a Encoded,
        /// As in `message`.
        prev: i64,
        /// As in `message`.
        cursor: Cursor,
    },
    /// Somebody deleted a message.
    MessageDeleted {
        /// Its tombstone.
        message: &'a Encoded,
        /// As in `message`.
        prev: i64,
        /// As in `message`.
        cursor: Cursor,
    },
    /// Somebody is writing, or not any more.
    UserTyping {
        /// Signed.
        session_id: &'a str,
        /// Who.
        user_id: Uuid,
        /// Whether.
        typing: bool,
        /// Milliseconds after which it lapses by itself.
        expires_in: u64,
    },
    /// Somebody has read up to here.
    Read {
        /// Signed.
        session_id: &'a str,
        /// Who.
        user_id: Uuid,
        /// The newest message that was seen.
        seq: i64,
    },
    /// Answers a sync.
    Sync {
        /// The request's id.
        id: &'a str,
        /// Each session that was asked for.
        sessions: Vec<SyncedSession<'a>>,
    },
    /// Somebody has come, or has another role.
    MemberJoined {
        /// Signed.
        session_id: &'a str,
        /// Who, and as what.
        member: &'a Member,
    },
    /// Somebody has left or was removed.
    MemberLeft {
        /// Signed.
        session_id: &'a str,
        /// Who.
        user_id: Uuid,
    },
    /// A session has another title or other settings. A hint: whoever missed it reads the list of sessions.
    SessionUpdated {
        /// Signed.
        session_id: &'a str,
        /// What it is called, if anything.
        title: Option<String>,
        /// A JSON object of its owner's.
        settings: Value,
        /// The revision of both.
        version: i32,
    },
    /// A session is gone. A hint like that.
    SessionDeleted {
        /// Signed.
        session_id: &'a str,
    },
    /// The server is about to close the socket.
    Bye {
        /// Why.
        code: &'static str,
        /// Whether to connect again.
        retry: bool,
    },
    /// The gateway is about to end the socket's two hours: open another, catch up, close this one.
    Goaway {
        /// Milliseconds until then.
        in_ms: u64,
    },
    /// Something was refused or failed.
    Error(ErrorFrame<'a>),
}

/// What a client missed in one session.
#[derive(Debug, Serialize)]
pub struct SyncedSession<'a> {
    /// As the client named it.
    pub session_id: &'a str,
    /// In the order of their changes.
    pub messages: Vec<Encoded>,
    /// The change of the cursor.
    pub change: i64,
    /// The cursor to go on from.
    pub cursor: Cursor,
    /// Whether the client has everything now; if not, the rest is to be had over REST.
    pub complete: bool,
    /// Why there is nothing, if something is wrong with this session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<&'static str>,
}

/// Something was refused or failed.
#[derive(Debug, Serialize)]
pub struct ErrorFrame<'a> {
    /// The request's id, if it had one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<&'a str>,
    /// Stable; see the table of codes.
    pub code: &'static str,
    /// In words, in the reader's language.
    pub message: String,
    /// Whether the same request may succeed later.
    pub retry: bool,
    /// How long to wait before that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// What is left of the limit that was hit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    /// What the request would have altered, as it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current: Option<Value>,
    /// The field at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<&'static str>,
}

impl<'a> ErrorFrame<'a> {
    /// What a client may know of an error.
    pub fn new(id: Option<&'a str>, error: &dyn Coded, language: Language) -> Self {
        let code = error.code();
        Self {
            id,
            code: code.as_str(),
            message: language.explain(error),
            retry: code.retry(),
            retry_after_ms: error.retry_after().map(|wait| wait.as_millis() as u64),
            rate: error.rate(),
            current: error.current(),
            field: error.field(),
        }
    }
}

impl<'a> ServerFrame<'a> {
    /// The ack of what is stored.
    pub fn ack(id: &'a str, acked: &'a Acked) -> Self {
        Self::Ack {
            id,
            message: &acked.receipt,
            cursor: &acked.cursor,
            duplicate: acked.duplicate,
            reached: acked.reached,
            rate: acked.rate,
        }
    }

    /// The frame as it travels.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a frame is plain data")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::InvalidField;

    #[test]
    fn an_error_shows_its_row_of_the_table_and_nothing_else() {
        let frame = ErrorFrame::new(Some("m1"), &InvalidField("seq"), Language::ENGLISH);
        let frame = ServerFrame::Error(frame).to_json();
        assert_eq!(
            frame,
            r#"{"type":"error","id":"m1","code":"invalid_field","message":"The field seq is missing or has the wrong form.","retry":false,"field":"seq"}"#
        );
    }

    #[test]
    fn a_read_mark_is_acked_like_anything_else() {
        let frame = ServerFrame::ReadAck {
            id: "r1",
            session_id: "s",
            seq: 7,
        }
        .to_json();
        assert_eq!(
            frame,
            r#"{"type":"ack","id":"r1","session_id":"s","seq":7}"#
        );
    }
}
