//! What AWS does where nobody has said or shown it.

use axum::http::StatusCode;

/// What AWS does where nobody has said or shown it: a switch for each such point, which stands on the variant that asks
/// more of a client or a function, so that what passes here passes there. The numbers are those of
/// `docs/LOCAL.md`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unconfirmed {
    /// U1: what a client gets for a message that is throttled. A frame.
    pub throttled_message: ThrottledMessage,
    /// U2: whether the body and the headers of a `$connect` that refuses reach the client. They do not.
    pub forwards_refusals: bool,
    /// U3: whether a ping is answered by a pong. It is, as RFC 6455 demands.
    pub answers_pings: bool,
    /// U4: whether a ping or a pong of the client's puts its idle timer back. It does not.
    pub pings_keep_alive: bool,
    /// U5: what becomes of bytes that are posted to a connection and are not UTF-8. They are refused with 400.
    pub posted_bytes: PostedBytes,
    /// U6: whether a frame that was small on the wire is too big when it has more than 32 KiB after inflation. It is.
    pub limits_inflated_frames: bool,
    /// U7: whether the body of a two-way route's result goes to the sender when its status is not 2xx. It does not.
    pub forwards_failures: bool,
    /// U8: what an HTTP API answers for a function that takes too long: 503, or 504.
    pub http_timeout: StatusCode,
    /// U9: what an HTTP API answers when Lambda throttles its function: 503, 500 or 429.
    pub http_throttled_function: StatusCode,
    /// U10: whether a function's result that is a JSON string loses its quotes as the body of a response. It does not.
    pub unquotes_strings: bool,
}

/// What a client gets for a message that is throttled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThrottledMessage {
    /// `{"message": "Too Many Requests", …}`, and the socket stays open.
    Frame,
    /// The socket closes with 1008.
    Close,
}

/// What becomes of bytes that are posted to a connection and are not UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PostedBytes {
    /// 400.
    Refused,
    /// They arrive as a binary frame.
    BinaryFrame,
}

impl Default for Unconfirmed {
    fn default() -> Self {
        Self {
            throttled_message: ThrottledMessage::Frame,
            forwards_refusals: false,
            answers_pings: true,
            pings_keep_alive: false,
            posted_bytes: PostedBytes::Refused,
            limits_inflated_frames: true,
            forwards_failures: false,
            http_timeout: StatusCode::SERVICE_UNAVAILABLE,
            http_throttled_function: StatusCode::SERVICE_UNAVAILABLE,
            unquotes_strings: false,
        }
    }
}
