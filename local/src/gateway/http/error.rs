//! Why a request to an HTTP API got no result of a function's.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};

use crate::{
    gateway::{functions::CallError, reply},
    lambda::InvokeError,
};

/// Why a request to an HTTP API got no result of a function's.
#[derive(Debug, thiserror::Error)]
pub(super) enum HttpError {
    #[error("no route")]
    NotFound,
    #[error("the request line and headers are too large")]
    HeadersTooLarge,
    #[error("the body is too large")]
    BodyTooLarge,
    /// The client broke off, so nobody reads the answer.
    #[error("the body could not be read")]
    Unreadable,
    #[error(transparent)]
    Call(#[from] CallError),
    #[error("the event could not be written: {0}")]
    Event(serde_json::Error),
    #[error("the function's result is no response: {0}")]
    Malformed(String),
}

impl HttpError {
    /// Whether something is broken, rather than a request wrong.
    pub(super) fn is_fault(&self) -> bool {
        self.status().is_server_error()
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::HeadersTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::BodyTooLarge | Self::Call(CallError::Refused(InvokeError::RequestTooLarge)) => {
                StatusCode::PAYLOAD_TOO_LARGE
            }
            Self::Unreadable => StatusCode::BAD_REQUEST,
            Self::Call(CallError::TimedOut(_) | CallError::Refused(InvokeError::Throttled)) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Call(
                CallError::Failed(_)
                | CallError::Refused(
                    InvokeError::NotFound(_)
                    | InvokeError::InvalidRequestContent(_)
                    | InvokeError::Service(_),
                ),
            )
            | Self::Event(_)
            | Self::Malformed(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for HttpError {
    fn into_response(self) -> Response {
        let status = self.status();
        let text = match status {
            // The name that the status had before RFC 9110.
            StatusCode::PAYLOAD_TOO_LARGE => "Request Entity Too Large",
            status => status.canonical_reason().unwrap_or("Internal Server Error"),
        };
        reply::message(status, text)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::{body::to_bytes, response::IntoResponse};
    use bytes::Bytes;

    use super::*;

    #[tokio::test]
    async fn every_error_has_the_status_and_body_of_aws() {
        let slow = CallError::TimedOut(Duration::from_secs(30));
        for (error, status, body) in [
            (HttpError::NotFound, 404, r#"{"message":"Not Found"}"#),
            (
                HttpError::BodyTooLarge,
                413,
                r#"{"message":"Request Entity Too Large"}"#,
            ),
            (
                HttpError::HeadersTooLarge,
                431,
                r#"{"message":"Request Header Fields Too Large"}"#,
            ),
            (
                HttpError::Malformed(String::new()),
                500,
                r#"{"message":"Internal Server Error"}"#,
            ),
            (
                HttpError::Call(CallError::Failed(Bytes::new())),
                500,
                r#"{"message":"Internal Server Error"}"#,
            ),
            (
                HttpError::Call(slow),
                503,
                r#"{"message":"Service Unavailable"}"#,
            ),
            (
                HttpError::Call(CallError::Refused(InvokeError::Throttled)),
                503,
                r#"{"message":"Service Unavailable"}"#,
            ),
        ] {
            let response = error.into_response();
            assert_eq!(response.status(), status);
            assert_eq!(to_bytes(response.into_body(), 1024).await.unwrap(), body);
        }
    }
}
