//! The bodies that API Gateway writes by itself.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header::CONTENT_TYPE},
    response::Response,
};

/// `{"message":"…"}` with a status, the form of every error of API Gateway.
pub(crate) fn message(status: StatusCode, text: &str) -> Response {
    json(
        status,
        format!(r#"{{"message":{}}}"#, serde_json::Value::from(text)),
    )
}

/// A JSON document with a status.
pub(crate) fn json(status: StatusCode, document: String) -> Response {
    let mut response = empty(status);
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    *response.body_mut() = Body::from(document);
    response
}

/// A status and nothing else.
pub(crate) fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
