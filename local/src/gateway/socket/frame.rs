//! Frames on the wire: the ones that API Gateway writes by itself, and the cutting of long messages.

use bytes::Bytes;
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::frame::{
        Frame,
        coding::{Data, OpCode},
    },
};

use super::outbox::Outgoing;

/// Why a message got no answer of its function's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// No route, and no `$default`.
    NoRoute,
    /// The function failed or could not be invoked.
    Integration,
    /// The function took longer than its route allows.
    TimedOut,
}

impl Failure {
    /// The frame that the sender gets. The spaces are AWS's: one, after the first colon.
    pub(super) fn frame(self, connection_id: &str, request_id: &str) -> Outgoing {
        let message = match self {
            Self::NoRoute => "Forbidden",
            Self::Integration => "Internal server error",
            Self::TimedOut => "Endpoint request timed out",
        };
        Outgoing::from(format!(
            r#"{{"message": "{message}", "connectionId":"{connection_id}", "requestId":"{request_id}"}}"#
        ))
    }
}

/// A message as frames of at most `limit` bytes. AWS takes posts of 128 KiB and promises frames of 32 KiB.
pub(super) fn frames(message: Outgoing, limit: usize) -> impl Iterator<Item = Message> {
    let (mut rest, first) = match message {
        Outgoing::Text(text) => (Bytes::from(text), Data::Text),
        Outgoing::Binary(bytes) => (bytes, Data::Binary),
    };
    let mut kind = Some(first);
    std::iter::from_fn(move || {
        let data = match kind? {
            _ if rest.len() <= limit => std::mem::take(&mut rest),
            _ => rest.split_to(limit),
        };
        let last = rest.is_empty();
        let opcode = OpCode::Data(kind.take()?);
        kind = (!last).then_some(Data::Continue);
        Some(Message::Frame(Frame::message(data, opcode, last)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_frames_have_the_spaces_of_aws() {
        for (failure, expected) in [
            (
                Failure::NoRoute,
                r#"{"message": "Forbidden", "connectionId":"C", "requestId":"R"}"#,
            ),
            (
                Failure::Integration,
                r#"{"message": "Internal server error", "connectionId":"C", "requestId":"R"}"#,
            ),
            (
                Failure::TimedOut,
                r#"{"message": "Endpoint request timed out", "connectionId":"C", "requestId":"R"}"#,
            ),
        ] {
            assert_eq!(failure.frame("C", "R"), Outgoing::from(expected.to_owned()));
        }
    }

    fn shape(text: &str, limit: usize) -> Vec<(String, OpCode, bool)> {
        frames(Outgoing::from(text.to_owned()), limit)
            .map(|message| match message {
                Message::Frame(frame) => {
                    let header = frame.header().clone();
                    (
                        String::from_utf8(frame.into_payload().to_vec()).unwrap(),
                        header.opcode,
                        header.is_final,
                    )
                }
                other => panic!("not a frame: {other:?}"),
            })
            .collect()
    }

    #[test]
    fn a_long_message_is_cut_into_frames() {
        let (text, more) = (OpCode::Data(Data::Text), OpCode::Data(Data::Continue));
        assert_eq!(shape("", 4), [(String::new(), text, true)]);
        assert_eq!(shape("abcd", 4), [("abcd".to_owned(), text, true)]);
        assert_eq!(
            shape("abcdefghij", 4),
            [
                ("abcd".to_owned(), text, false),
                ("efgh".to_owned(), more, false),
                ("ij".to_owned(), more, true)
            ]
        );
    }
}
