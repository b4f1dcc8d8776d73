//! How a connection ended.

use std::borrow::Cow;

use super::wire::{CloseFrame, Fault};

/// The code of a close frame without one, which exists only where it is talked about.
const NO_STATUS: u16 = 1005;

/// How a connection ended: `disconnectStatusCode` and `disconnectReason` of `$disconnect`.
///
/// The reasons of 1000, 1001 and 1005 were captured from AWS. Nobody published the others; ours are the names that the
/// WebSocket Close Code registry of IANA gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) code: u16,
    pub(crate) reason: Cow<'static, str>,
}

impl End {
    /// `DELETE @connections`.
    pub(crate) const DELETED: Self = Self::constant(1000, "Connection Closed Normally");
    /// Ten minutes of silence, two hours of life, or a gateway that stops.
    pub(crate) const GOING_AWAY: Self = Self::constant(1001, "Going away");
    /// A frame that breaks the WebSocket protocol.
    pub(crate) const PROTOCOL_ERROR: Self = Self::constant(1002, "Protocol error");
    /// A binary frame.
    pub(crate) const BINARY: Self = Self::constant(1003, "Unsupported Data");
    /// The TCP connection ended without a close frame.
    pub(crate) const LOST: Self = Self::constant(1006, "Abnormal Closure");
    /// A text frame that is not UTF-8.
    pub(crate) const NOT_UTF8: Self = Self::constant(1007, "Invalid frame payload data");
    /// Too many messages. AWS documents the code for "too many requests from a particular client".
    pub(crate) const THROTTLED: Self = Self::constant(1008, "Policy Violation");
    /// A frame or a message over its limit.
    pub(crate) const TOO_BIG: Self = Self::constant(1009, "Message Too Big");

    const fn constant(code: u16, reason: &'static str) -> Self {
        Self {
            code,
            reason: Cow::Borrowed(reason),
        }
    }

    /// The client's close frame, which may be empty.
    pub(crate) fn from_client(frame: Option<CloseFrame>) -> Self {
        match frame {
            None => Self::constant(NO_STATUS, "Client-side close frame status not set"),
            Some(frame) => Self {
                code: frame.code,
                reason: Cow::Owned(frame.reason),
            },
        }
    }

    /// What a client that cannot be read means.
    pub(crate) fn from_fault(fault: Fault) -> Self {
        match fault {
            Fault::Protocol => Self::PROTOCOL_ERROR,
            Fault::Binary => Self::BINARY,
            Fault::Payload => Self::NOT_UTF8,
            Fault::TooBig => Self::TOO_BIG,
            Fault::Lost => Self::LOST,
        }
    }

    /// Whether the client can no longer be told.
    pub(crate) fn is_lost(&self) -> bool {
        self.code == Self::LOST.code
    }

    /// What the client is told: nothing, when it gave no code itself.
    pub(crate) fn close_frame(&self) -> Option<CloseFrame> {
        (self.code != NO_STATUS).then(|| CloseFrame {
            code: self.code,
            reason: self.reason.clone().into_owned(),
        })
    }
}
