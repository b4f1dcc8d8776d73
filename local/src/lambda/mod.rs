//! Lambda on one machine: functions as real processes behind the Runtime API.

use bytes::Bytes;
use uuid::Uuid;

/// Runs the functions of a template; cheap to clone.
#[derive(Debug, Clone)]
pub struct Lambda {}

/// What an invocation gave.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Of this invocation.
    pub request_id: Uuid,
    /// The function's result, or the error document when `failed`.
    pub payload: Bytes,
    /// Whether the function failed: it returned an error, crashed or ran out of time. The Invoke API says
    /// `X-Amz-Function-Error: Unhandled`.
    pub failed: bool,
    /// The last 4 KB of its log, for `LogType=Tail`.
    pub log_tail: String,
}

/// Why Lambda itself refused an invocation. A function that failed is an [`Outcome`].
#[derive(Debug, Clone, thiserror::Error)]
pub enum InvokeError {
    /// 404 `ResourceNotFoundException`.
    #[error("Function not found: {0}")]
    NotFound(String),
    /// 429 `TooManyRequestsException`.
    #[error("Rate Exceeded.")]
    Throttled,
    /// 413 `RequestTooLargeException`.
    #[error("Request must be smaller than 6291456 bytes for the InvokeFunction operation")]
    RequestTooLarge,
    /// 400 `InvalidRequestContentException`.
    #[error("Could not parse request body into json: {0}")]
    InvalidRequestContent(String),
    /// 500 `ServiceException`: the process could not be started, or the stack is stopping.
    #[error("{0}")]
    Service(String),
}

impl Lambda {
    /// Invokes a function and waits for its result. The caller may stop waiting: the function runs on.
    pub async fn invoke(&self, function: &str, payload: Bytes) -> Result<Outcome, InvokeError> {
        let _ = (function, payload);
        Err(InvokeError::Service("not built yet".to_owned()))
    }
}
