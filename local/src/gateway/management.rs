//! `@connections`: what functions and services do to a socket.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    extract::Request,
    http::{HeaderName, HeaderValue, Method, StatusCode},
    response::{IntoResponse, Response},
};
use http_body_util::{BodyExt, Limited};
use serde::Serialize;

use super::{
    PostedBytes,
    id::{is_id, new_id},
    origin, reply,
    socket::{End, Full, Outgoing, SocketApi},
};
use crate::dials::{Copies, Refusal};

const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

/// Why a call was refused. SDKs read the type from a header.
#[derive(Debug, thiserror::Error)]
enum ManagementError {
    /// No such connection, no longer, or not yet: `$connect` is still at work.
    #[error("gone")]
    Gone,
    #[error("Invalid connectionId: {0}")]
    Malformed(String),
    /// Not a stage with sockets, not a thing that can be done to a connection, or a page of somebody else's that would do it.
    #[error("Forbidden")]
    Forbidden,
    #[error("Payload Too Large")]
    TooLarge,
    /// Too much waits for the client already, or too many requests came.
    #[error("Limit Exceeded")]
    LimitExceeded,
    /// What was posted is not UTF-8, so no text frame can carry it.
    #[error("The data is not UTF-8")]
    NotText,
    /// A fault of AWS's own; here only when it was asked for.
    #[error("Internal server error")]
    Internal,
    /// The caller broke off, so nobody reads the answer.
    #[error("Bad Request")]
    Unreadable,
}

impl IntoResponse for ManagementError {
    fn into_response(self) -> Response {
        let (status, kind) = match self {
            Self::Gone => (StatusCode::GONE, "GoneException"),
            Self::Malformed(_) | Self::NotText | Self::Unreadable => {
                (StatusCode::BAD_REQUEST, "BadRequestException")
            }
            Self::Forbidden => (StatusCode::FORBIDDEN, "ForbiddenException"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "PayloadTooLargeException"),
            Self::LimitExceeded => (StatusCode::TOO_MANY_REQUESTS, "LimitExceededException"),
            Self::Internal => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "InternalServerErrorException",
            ),
        };
        let mut response = match self {
            // The one error that AWS sends without a body.
            Self::Gone => reply::empty(status),
            other => reply::message(status, &other.to_string()),
        };
        response
            .headers_mut()
            .insert(ERROR_TYPE, HeaderValue::from_static(kind));
        response
    }
}

impl From<Refusal> for ManagementError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Gone => Self::Gone,
            Refusal::Throttled => Self::LimitExceeded,
            Refusal::Failed => Self::Internal,
        }
    }
}

/// `GetConnection`'s answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Description<'a> {
    connected_at: String,
    identity: Identity<'a>,
    last_active_at: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Identity<'a> {
    source_ip: &'a str,
    user_agent: &'a str,
}

/// Answers a call for a connection of an API; without an API, a call to a stage that has none.
pub(super) async fn handle(
    api: Option<Arc<SocketApi>>,
    connection_id: Option<&str>,
    request: Request,
) -> Response {
    let result = match (api, connection_id) {
        (Some(api), Some(id)) if origin::foreign(request.headers()).is_none() => {
            call(&api, id, request).await
        }
        _ => Err(ManagementError::Forbidden),
    };
    let mut response = result.unwrap_or_else(IntoResponse::into_response);
    if let Ok(id) = HeaderValue::try_from(new_id()) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

async fn call(api: &SocketApi, id: &str, request: Request) -> Result<Response, ManagementError> {
    if !api.platform.throttle.allows_request() {
        return Err(ManagementError::LimitExceeded);
    }
    if !is_id(id) {
        return Err(ManagementError::Malformed(id.to_owned()));
    }
    match *request.method() {
        Method::POST => post(api, id, request.into_body()).await,
        Method::GET => get(api, id),
        Method::DELETE => delete(api, id),
        _ => Err(ManagementError::Forbidden),
    }
}

async fn post(api: &SocketApi, id: &str, body: Body) -> Result<Response, ManagementError> {
    // AWS checks the size first: a message that is too large is so for any connection.
    let options = &api.platform.options;
    let body = read(body, options.limits.message_bytes).await?;
    let passage = options.dials.post(id).await?;
    let connection = api.registry.get(id).ok_or(ManagementError::Gone)?;
    let message = Outgoing::from_bytes(body);
    if !message.is_text() && options.unconfirmed.posted_bytes == PostedBytes::Refused {
        return Err(ManagementError::NotText);
    }
    let copies = match passage.copies {
        Copies::None => 0,
        Copies::One => 1,
        Copies::Two => 2,
    };
    for _ in 0..copies {
        connection
            .post(message.clone())
            .map_err(|Full| ManagementError::LimitExceeded)?;
    }
    Ok(reply::empty(StatusCode::OK))
}

fn get(api: &SocketApi, id: &str) -> Result<Response, ManagementError> {
    let connection = api.registry.get(id).ok_or(ManagementError::Gone)?;
    let peer = &connection.peer;
    let description = Description {
        connected_at: peer.connected_at.iso(),
        identity: Identity {
            source_ip: &peer.source_ip,
            user_agent: peer.user_agent.as_deref().unwrap_or_default(),
        },
        last_active_at: connection.last_active().iso(),
    };
    let document =
        serde_json::to_string(&description).expect("texts under constant names are always JSON");
    Ok(reply::json(StatusCode::OK, document))
}

fn delete(api: &SocketApi, id: &str) -> Result<Response, ManagementError> {
    let connection = api.registry.remove(id).ok_or(ManagementError::Gone)?;
    connection.hang_up(End::DELETED);
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

async fn read(body: Body, limit: usize) -> Result<Bytes, ManagementError> {
    let collected = Limited::new(body, limit).collect().await;
    collected
        .map(http_body_util::Collected::to_bytes)
        .map_err(|error| {
            if error.is::<http_body_util::LengthLimitError>() {
                ManagementError::TooLarge
            } else {
                ManagementError::Unreadable
            }
        })
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    #[tokio::test]
    async fn every_error_names_its_type_in_a_header() {
        for (error, status, kind, body) in [
            (ManagementError::Gone, 410, "GoneException", ""),
            (
                ManagementError::Malformed("x".to_owned()),
                400,
                "BadRequestException",
                r#"{"message":"Invalid connectionId: x"}"#,
            ),
            (
                ManagementError::Forbidden,
                403,
                "ForbiddenException",
                r#"{"message":"Forbidden"}"#,
            ),
            (
                ManagementError::TooLarge,
                413,
                "PayloadTooLargeException",
                r#"{"message":"Payload Too Large"}"#,
            ),
            (
                ManagementError::LimitExceeded,
                429,
                "LimitExceededException",
                r#"{"message":"Limit Exceeded"}"#,
            ),
        ] {
            let response = error.into_response();
            assert_eq!(response.status(), status);
            assert_eq!(response.headers()[ERROR_TYPE], kind);
            assert_eq!(to_bytes(response.into_body(), 1024).await.unwrap(), body);
        }
    }
}
