//! Every quota and timer of the gateway, in one place.

use std::time::Duration;

/// Every quota and timer of the gateway. The defaults are API Gateway's, from its quota pages, where it publishes one.
#[derive(Debug, Clone)]
pub struct Limits {
    /// How long a socket may be without a message in either direction. 10 minutes.
    pub idle: Duration,
    /// How long a socket may live. 2 hours.
    pub lifetime: Duration,
    /// The longest that a route of a WebSocket API, or its authorizer, may take. 29 seconds; a route may declare less.
    pub socket_integration: Duration,
    /// The longest that a route of an HTTP API may take. 30 seconds; a route may declare less.
    pub http_integration: Duration,
    /// The longest that the authorizer of an HTTP API may take. 10 seconds.
    pub http_authorizer: Duration,
    /// Payload of one frame, in bytes. 32 KiB, inbound and outbound.
    pub frame_bytes: usize,
    /// One message, in bytes, over all of its frames. 128 KiB, for sockets and for `@connections`.
    pub message_bytes: usize,
    /// The address of a socket, in characters, with its query string. 4,096.
    pub socket_url_chars: usize,
    /// Requests per second. None are counted unless set.
    pub throttles: Option<ThrottleLimits>,
    /// An authorizer's result, in bytes. 8 KiB.
    pub authorizer_result_bytes: usize,
    /// Body of a request to an HTTP API, in bytes. 10 MiB.
    pub http_body_bytes: usize,
    /// Request line and headers of a request to an HTTP API, in bytes. 10,240.
    pub http_header_bytes: usize,
    /// What may wait for a slow client, in bytes, before `@connections` answers 429. AWS has such a buffer and does not
    /// publish its size; 1 MiB is ours. A message counts at least 1 KiB, so that small ones cannot pile up without end. Answers of
    /// two-way routes wait for room in it; meanwhile a socket is read from only until 64 of its messages are at work.
    pub outbound_bytes: usize,
    /// How long a client may take to answer a close frame. Ours: 2 seconds.
    pub close_handshake: Duration,
    /// How long [`Gateway::close`](super::Gateway::close) waits for `$disconnect`. Ours: 5 seconds.
    pub shutdown: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(600),
            lifetime: Duration::from_secs(7200),
            socket_integration: Duration::from_secs(29),
            http_integration: Duration::from_secs(30),
            http_authorizer: Duration::from_secs(10),
            frame_bytes: 32 * 1024,
            message_bytes: 128 * 1024,
            socket_url_chars: 4096,
            throttles: None,
            authorizer_result_bytes: 8 * 1024,
            http_body_bytes: 10 * 1024 * 1024,
            http_header_bytes: 10_240,
            outbound_bytes: 1024 * 1024,
            close_handshake: Duration::from_secs(2),
            shutdown: Duration::from_secs(5),
        }
    }
}

/// How many requests an account may make, over all of its APIs. The defaults are those of most Regions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThrottleLimits {
    /// New sockets per second. 500.
    pub connects_per_second: u32,
    /// Requests per second in the long run: to HTTP APIs, from sockets, and to `@connections` together. 10,000.
    pub requests_per_second: u32,
    /// Requests at once. 5,000.
    pub burst: u32,
}

impl Default for ThrottleLimits {
    fn default() -> Self {
        Self {
            connects_per_second: 500,
            requests_per_second: 10_000,
            burst: 5_000,
        }
    }
}
