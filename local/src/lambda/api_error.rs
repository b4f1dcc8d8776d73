//! The errors of the Invoke API, as its service model writes them.

use axum::{
    body::Body,
    http::{
        HeaderName, HeaderValue, StatusCode,
        header::{CONTENT_TYPE, RETRY_AFTER},
    },
    response::Response,
};
use serde::Serialize;
use uuid::Uuid;

use super::{
    InvokeError, MAX_PAYLOAD_BYTES,
    invoke_api::{REQUEST_ID, request_id},
};

const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

/// An error as the service model writes it.
pub(super) struct ApiError {
    status: StatusCode,
    code: &'static str,
    document: Document,
}

/// The members of the service's error shapes. `Message` has a capital in some of them.
#[derive(Serialize)]
struct Document {
    #[serde(rename = "Reason", skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(rename = "Type")]
    fault: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(rename = "Message", skip_serializing_if = "Option::is_none")]
    capital_message: Option<String>,
}

impl ApiError {
    /// Blames the function's own concurrency for a throttled invocation, when it has one.
    pub(super) fn reserved(mut self, reserved: bool) -> Self {
        if reserved && self.document.reason.is_some() {
            self.document.reason = Some("ReservedFunctionConcurrentInvocationLimitExceeded");
        }
        self
    }

    fn user(status: StatusCode, code: &'static str, message: String) -> Self {
        let document = Document {
            reason: None,
            fault: "User",
            message: Some(message),
            capital_message: None,
        };
        Self {
            status,
            code,
            document,
        }
    }

    /// 413, with the limit that was exceeded.
    pub(super) fn too_large(limit: usize) -> Self {
        let message =
            format!("Request must be smaller than {limit} bytes for the InvokeFunction operation");
        Self::user(
            StatusCode::PAYLOAD_TOO_LARGE,
            "RequestTooLargeException",
            message,
        )
    }

    /// 400 for an invocation type that there is not.
    pub(super) fn invocation_type(kind: &str) -> Self {
        let message = format!("Unknown invocation type: {kind}");
        Self::user(
            StatusCode::BAD_REQUEST,
            "InvalidParameterValueException",
            message,
        )
    }

    /// As it goes out.
    pub(super) fn response(self) -> Response {
        let body = serde_json::to_vec(&self.document).expect("texts are JSON");
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if self.document.reason.is_some() {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        headers.insert(ERROR_TYPE, HeaderValue::from_static(self.code));
        headers.insert(REQUEST_ID, request_id(Uuid::new_v4()));
        response
    }
}

impl From<InvokeError> for ApiError {
    fn from(error: InvokeError) -> Self {
        let message = error.to_string();
        match error {
            InvokeError::NotFound(_) => {
                let document = Document {
                    reason: None,
                    fault: "User",
                    message: None,
                    capital_message: Some(message),
                };
                Self {
                    status: StatusCode::NOT_FOUND,
                    code: "ResourceNotFoundException",
                    document,
                }
            }
            InvokeError::Throttled => {
                let mut error = Self::user(
                    StatusCode::TOO_MANY_REQUESTS,
                    "TooManyRequestsException",
                    message,
                );
                error.document.reason = Some("ConcurrentInvocationLimitExceeded");
                error
            }
            InvokeError::RequestTooLarge => Self::too_large(MAX_PAYLOAD_BYTES),
            InvokeError::InvalidRequestContent(_) => Self::user(
                StatusCode::BAD_REQUEST,
                "InvalidRequestContentException",
                message,
            ),
            InvokeError::Service(_) => {
                let document = Document {
                    reason: None,
                    fault: "Service",
                    message: None,
                    capital_message: Some(message),
                };
                Self {
                    status: StatusCode::INTERNAL_SERVER_ERROR,
                    code: "ServiceException",
                    document,
                }
            }
        }
    }
}
