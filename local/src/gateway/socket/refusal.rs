//! Why a socket was not opened.

use axum::{
    http::{HeaderValue, StatusCode, header::UPGRADE},
    response::{IntoResponse, Response},
};

use crate::gateway::{functions::CallError, reply};

/// Why a socket was not opened, and the answer to the handshake.
///
/// AWS's answers were captured by status; where nobody captured a body, it is the one of the general rule for that
/// status. The body and the headers that `$connect` returned with a refusal are not handed on: a client may not rely
/// on them.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// An ordinary request to the address of a socket.
    #[error("the request asks for no socket")]
    UpgradeRequired,
    #[error("the handshake lacks a valid Sec-WebSocket-Key or Sec-WebSocket-Version")]
    BadHandshake,
    #[error("the URL is too long")]
    UrlTooLong,
    /// Too many new sockets, for the account or for the route.
    #[error("too many requests")]
    TooManyRequests,
    /// An identity source is missing, or the authorizer said `Unauthorized`.
    #[error("unauthorized")]
    Unauthorized,
    /// The policy does not allow it, or no API has such a stage.
    #[error("forbidden")]
    Forbidden,
    /// The authorizer failed, or its result makes no sense.
    #[error("the authorizer gave no usable result: {0}")]
    Authorizer(String),
    /// `$connect` answered with that status.
    #[error("$connect answered {status}")]
    ByFunction {
        status: StatusCode,
        /// Its whole answer, where that is handed on.
        answer: Option<Box<Response>>,
    },
    /// `$connect` failed, took too long, or its result makes no sense.
    #[error("$connect gave no usable result: {0}")]
    Function(String),
    /// Lambda did not even start `$connect`.
    #[error("{0}")]
    Invocation(CallError),
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::UpgradeRequired => StatusCode::UPGRADE_REQUIRED,
            Self::BadHandshake => StatusCode::BAD_REQUEST,
            Self::UrlTooLong => StatusCode::URI_TOO_LONG,
            Self::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::ByFunction { status, .. } => *status,
            Self::Function(_) => StatusCode::BAD_GATEWAY,
            Self::Authorizer(_) | Self::Invocation(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Whether something is broken, rather than a client turned away.
    pub(crate) fn is_fault(&self) -> bool {
        matches!(
            self,
            Self::Authorizer(_) | Self::Function(_) | Self::Invocation(_)
        )
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = self.status();
        if let Self::ByFunction {
            answer: Some(answer),
            ..
        } = self
        {
            return *answer;
        }
        let text = match status {
            status if status.is_server_error() => "Internal server error",
            // HTTP lets a client read a status that it does not know as the first of its class.
            status => status.canonical_reason().unwrap_or("Bad Request"),
        };
        let mut response = reply::message(status, text);
        if matches!(self, Self::UpgradeRequired) {
            response
                .headers_mut()
                .insert(UPGRADE, HeaderValue::from_static("websocket"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use axum::{body::to_bytes, http::StatusCode, response::IntoResponse};

    use super::Refusal;

    async fn written(refusal: Refusal) -> (u16, String) {
        let response = refusal.into_response();
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), 1024).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn every_refusal_has_the_status_and_body_of_aws() {
        let broken = || "why".to_owned();
        let by_function = |status| Refusal::ByFunction {
            status,
            answer: None,
        };
        for (refusal, status, body) in [
            (
                Refusal::UpgradeRequired,
                426,
                r#"{"message":"Upgrade Required"}"#,
            ),
            (Refusal::BadHandshake, 400, r#"{"message":"Bad Request"}"#),
            (Refusal::UrlTooLong, 414, r#"{"message":"URI Too Long"}"#),
            (
                Refusal::TooManyRequests,
                429,
                r#"{"message":"Too Many Requests"}"#,
            ),
            (Refusal::Unauthorized, 401, r#"{"message":"Unauthorized"}"#),
            (Refusal::Forbidden, 403, r#"{"message":"Forbidden"}"#),
            (
                Refusal::Authorizer(broken()),
                500,
                r#"{"message":"Internal server error"}"#,
            ),
            (
                Refusal::Function(broken()),
                502,
                r#"{"message":"Internal server error"}"#,
            ),
            (
                by_function(StatusCode::FORBIDDEN),
                403,
                r#"{"message":"Forbidden"}"#,
            ),
            (
                by_function(StatusCode::SERVICE_UNAVAILABLE),
                503,
                r#"{"message":"Internal server error"}"#,
            ),
        ] {
            assert_eq!(written(refusal).await, (status, body.to_owned()));
        }
    }
}
