//! Why a request to an HTTP API got no result of a function's.

use axum::{http::StatusCode, response::Response};

use crate::{
    gateway::{Unconfirmed, functions::CallError, reply},
    lambda::InvokeError,
};

/// Why a request to an HTTP API got no result of a function's.
#[derive(Debug, thiserror::Error)]
pub(super) enum HttpError {
    #[error("no route")]
    NotFound,
    #[error("the request line and headers are too large")]
    HeadersTooLarge,
    /// Too many requests, for the account or for the route.
    #[error("too many requests")]
    Throttled,
    /// An identity source is missing, or the authorizer said `Unauthorized`.
    #[error("unauthorized")]
    Unauthorized,
    /// The authorizer denied it.
    #[error("forbidden")]
    Forbidden,
    /// The authorizer failed, or its result makes no sense.
    #[error("the authorizer gave no usable result: {0}")]
    Authorizer(String),
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
        matches!(
            self,
            Self::Call(_) | Self::Event(_) | Self::Malformed(_) | Self::Authorizer(_)
        )
    }

    fn status(&self, unconfirmed: &Unconfirmed) -> StatusCode {
        match self {
            Self::Throttled => StatusCode::TOO_MANY_REQUESTS,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::HeadersTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::BodyTooLarge | Self::Call(CallError::Refused(InvokeError::RequestTooLarge)) => {
                StatusCode::PAYLOAD_TOO_LARGE
            }
            Self::Unreadable => StatusCode::BAD_REQUEST,
            Self::Call(CallError::TimedOut(_)) => unconfirmed.http_timeout,
            Self::Call(CallError::Refused(InvokeError::Throttled)) => {
                unconfirmed.http_throttled_function
            }
            Self::Call(
                CallError::Failed(_)
                | CallError::Refused(
                    InvokeError::NotFound(_)
                    | InvokeError::InvalidRequestContent(_)
                    | InvokeError::Service(_),
                ),
            )
            | Self::Authorizer(_)
            | Self::Event(_)
            | Self::Malformed(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What the client gets.
    pub(super) fn response(&self, unconfirmed: &Unconfirmed) -> Response {
        let status = self.status(unconfirmed);
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

    use axum::body::to_bytes;
    use bytes::Bytes;

    use super::*;

    #[tokio::test]
    async fn every_error_has_the_status_and_body_of_aws() {
        let slow = CallError::TimedOut(Duration::from_secs(30));
        for (error, status, body) in [
            (HttpError::NotFound, 404, r#"{"message":"Not Found"}"#),
            (
                HttpError::Throttled,
                429,
                r#"{"message":"Too Many Requests"}"#,
            ),
            (
                HttpError::Unauthorized,
                401,
                r#"{"message":"Unauthorized"}"#,
            ),
            (HttpError::Forbidden, 403, r#"{"message":"Forbidden"}"#),
            (
                HttpError::Authorizer(String::new()),
                500,
                r#"{"message":"Internal Server Error"}"#,
            ),
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
            let response = error.response(&Unconfirmed::default());
            assert_eq!(response.status(), status);
            assert_eq!(to_bytes(response.into_body(), 1024).await.unwrap(), body);
        }
    }
}
