//! The ids that API Gateway gives to connections, requests, messages and traces.

use std::fmt::Write;

use base64::{Engine, engine::general_purpose::URL_SAFE};

use super::clock::Moment;

/// 11 random bytes are 15 characters of URL-safe base64 and one `=`: the shape of every id in API Gateway's events.
const RANDOM_BYTES: usize = 11;
const ID_CHARS: usize = 16;

/// A new id for a connection, a request or a message, such as `PJqB0fHsqRcCHlw=`.
pub(crate) fn new_id() -> String {
    URL_SAFE.encode(rand::random::<[u8; RANDOM_BYTES]>())
}

/// Whether a connection could have this id. One that could not is a bad request to `@connections`, not a gone
/// connection.
pub(crate) fn is_id(text: &str) -> bool {
    text.len() == ID_CHARS
        && text.strip_suffix('=').is_some_and(|id| {
            id.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        })
}

/// A new id of a trace, such as `Root=1-65c66a9f-0123456789abcdef01234567`: a version, the time and 96 random bits.
pub(crate) fn new_trace_id(now: Moment) -> String {
    let mut id = format!("Root=1-{:08x}-", now.epoch_ms() / 1000);
    for byte in rand::random::<[u8; 12]>() {
        write!(id, "{byte:02x}").expect("a String takes every write");
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_fifteen_url_safe_characters_and_an_equals_sign() {
        let ids: Vec<String> = (0..100).map(|_| new_id()).collect();
        assert!(
            ids.iter()
                .all(|id| id.len() == 16 && id.ends_with('=') && is_id(id)),
            "{ids:?}"
        );
        assert_ne!(ids[0], ids[1]);
    }

    #[test]
    fn what_no_connection_could_be_called_is_recognised() {
        for wrong in [
            "",
            "abc",
            "PJqB0fHsqRcCHlw",
            "PJqB0fHsqRcCHlww",
            "PJqB0fHsqRcCH/w=",
            "PJqB0fHsqRcCHl==",
        ] {
            assert!(!is_id(wrong), "{wrong}");
        }
        assert!(is_id("PJqB0fHsq-_CHlw="));
    }

    #[test]
    fn a_trace_carries_the_time_in_hexadecimal_seconds() {
        let id = new_trace_id(Moment::from_epoch_ms(1_707_502_303_419));
        assert!(id.starts_with("Root=1-65c66adf-"), "{id}");
        assert_eq!(id.len(), "Root=1-65c66adf-0123456789abcdef01234567".len());
    }
}
