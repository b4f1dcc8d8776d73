//! What an invocation gives, and why Lambda may refuse one.

use std::{os::unix::process::ExitStatusExt, process::ExitStatus, time::Duration};

use bytes::Bytes;
use rustix::process::Signal;
use serde::Serialize;
use uuid::Uuid;

/// The largest payload of a synchronous invocation, in bytes.
pub const MAX_PAYLOAD_BYTES: usize = 6 * 1024 * 1024;

/// The largest payload of an asynchronous invocation, in bytes.
pub const MAX_ASYNC_PAYLOAD_BYTES: usize = 1024 * 1024;

/// The largest result of a function, in bytes. Lambda adds 100 bytes to the 6 MiB of a request.
pub const MAX_RESPONSE_BYTES: usize = MAX_PAYLOAD_BYTES + 100;

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
    /// The last 4 KB of its log, for `LogType=Tail`; empty unless the invocation asked for it.
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

/// How a function failed without saying so itself.
#[derive(Debug, Clone)]
pub(super) enum Failure {
    /// It, or its start, took longer than this.
    TimedOut(Duration),
    /// Its process ended before it answered.
    Exited(ExitStatus),
    /// Its answer was too large.
    ResponseTooLarge,
    /// Its start failed, and this is what it said about that.
    Init(Bytes),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ErrorDocument<'a> {
    error_type: &'a str,
    error_message: &'a str,
}

impl Failure {
    /// Its process was killed from outside.
    pub(super) fn killed() -> Self {
        Self::Exited(ExitStatus::from_raw(Signal::KILL.as_raw()))
    }

    /// The error document that the caller gets.
    pub(super) fn payload(&self, request_id: Uuid) -> Bytes {
        let message = match self {
            Self::Init(payload) => return payload.clone(),
            Self::TimedOut(limit) => {
                format!(
                    "RequestId: {request_id} Error: Task timed out after {:.2} seconds",
                    limit.as_secs_f64()
                )
            }
            Self::Exited(status) => format!("RequestId: {request_id} Error: {}", describe(*status)),
            Self::ResponseTooLarge => {
                format!(
                    "Response payload size exceeded maximum allowed payload size ({MAX_RESPONSE_BYTES} bytes)."
                )
            }
        };
        error_document(self.error_type(), &message)
    }

    /// What the log calls it.
    pub(super) fn error_type(&self) -> &'static str {
        match self {
            Self::TimedOut(_) => "Sandbox.Timedout",
            Self::Exited(_) => "Runtime.ExitError",
            Self::ResponseTooLarge => "Function.ResponseSizeTooLarge",
            Self::Init(_) => "Runtime.InitError",
        }
    }
}

/// `{"errorType": …, "errorMessage": …}`.
pub(super) fn error_document(error_type: &str, error_message: &str) -> Bytes {
    let document = ErrorDocument {
        error_type,
        error_message,
    };
    Bytes::from(serde_json::to_vec(&document).expect("two texts are JSON"))
}

/// As Lambda words the end of a runtime.
fn describe(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(0), _) => "Runtime exited without providing a reason".to_owned(),
        (Some(code), _) => format!("Runtime exited with error: exit status {code}"),
        (None, Some(9)) => "Runtime exited with error: signal: killed".to_owned(),
        (None, Some(11)) => "Runtime exited with error: signal: segmentation fault".to_owned(),
        (None, Some(6)) => "Runtime exited with error: signal: aborted".to_owned(),
        (None, signal) => format!(
            "Runtime exited with error: signal: {}",
            signal.unwrap_or_default()
        ),
    }
}
