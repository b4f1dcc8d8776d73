//! Why a client's bytes are refused.

/// Why a client's bytes are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    /// 1002.
    #[error("the bytes are no WebSocket frames of a client's")]
    Protocol,
    /// 1003.
    #[error("the message is binary")]
    Binary,
    /// 1007: not UTF-8, or not what a compressor writes.
    #[error("the payload is not what it says it is")]
    Payload,
    /// 1009.
    #[error("the frame or the message is over its limit")]
    TooBig,
    /// 1006: the stream ended or broke, so nobody can be told.
    #[error("the connection was lost")]
    Lost,
}
