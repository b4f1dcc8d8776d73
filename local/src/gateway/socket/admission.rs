//! The decision about a client's request for a socket.

use std::sync::Arc;

use axum::http::{HeaderValue, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value};
use tracing::warn;

use super::{
    api::SocketApi,
    authorizer::authorize,
    connection::{Connection, Inbox},
    event::{ConnectEvent, EventKind, RequestContext},
    opening::Opening,
    refusal::Refusal,
    registry::Lease,
};
use crate::gateway::{functions::CallError, http::response_of, id::new_id};

/// A connection that the authorizer and `$connect` let in.
#[derive(Debug)]
pub(super) struct Admitted {
    pub(super) lease: Lease,
    pub(super) inbox: Inbox,
    /// The subprotocol that `$connect` chose. API Gateway never chooses one by itself.
    pub(super) subprotocol: Option<HeaderValue>,
}

/// The part of the result of `$connect` that matters.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConnectResult {
    status_code: u16,
    #[serde(default)]
    headers: Option<Map<String, Value>>,
}

/// Asks the authorizer and `$connect`, and registers the connection when both agree.
pub(super) async fn admit(api: Arc<SocketApi>, opening: Opening) -> Result<Admitted, Refusal> {
    let result = decide(&api, &opening).await;
    if let Err(refusal) = &result
        && refusal.is_fault()
    {
        warn!(api = api.declared.name, "refused a socket: {refusal}");
    }
    let (authorizer, subprotocol) = result?;
    let (connection, inbox) = Connection::new(api, opening.peer, authorizer);
    Ok(Admitted {
        lease: Lease::new(connection),
        inbox,
        subprotocol,
    })
}

type Decision = (
    Option<Box<serde_json::value::RawValue>>,
    Option<HeaderValue>,
);

async fn decide(api: &SocketApi, opening: &Opening) -> Result<Decision, Refusal> {
    let authorizer = authorize(api, opening).await?;
    let Some((route_key, route)) = api.route("$connect") else {
        return Ok((authorizer, None));
    };
    let Some(function) = &route.function else {
        return Ok((authorizer, None));
    };
    let (request_id, now) = (new_id(), api.platform.clock.now());
    let context = RequestContext::new(
        EventKind::Connect,
        route_key,
        api,
        &opening.peer,
        &request_id,
        now,
    )
    .authorized(authorizer.as_deref());
    let event = serde_json::to_vec(&ConnectEvent::new(opening, api, context))
        .map_err(|error| Refusal::Function(error.to_string()))?;
    let result = api
        .platform
        .functions
        .call(function, event.into(), api.timeout(route))
        .await;
    let result = result.map_err(|error| match error {
        CallError::Refused(_) => Refusal::Invocation(error),
        CallError::Failed(_) | CallError::TimedOut(_) => Refusal::Function(error.to_string()),
    })?;
    let forwards_refusals = api.platform.options.unconfirmed.forwards_refusals;
    let subprotocol = accepted_subprotocol(&result).map_err(|refusal| match refusal {
        Refusal::ByFunction { status, .. } if forwards_refusals => Refusal::ByFunction {
            status,
            answer: response_of(result).map(Box::new),
        },
        refusal => refusal,
    })?;
    Ok((authorizer, subprotocol))
}

/// The subprotocol of a result with a 2xx status; any other status refuses the socket.
fn accepted_subprotocol(result: &[u8]) -> Result<Option<HeaderValue>, Refusal> {
    let result: ConnectResult =
        serde_json::from_slice(result).map_err(|error| Refusal::Function(error.to_string()))?;
    let status = StatusCode::from_u16(result.status_code)
        .map_err(|error| Refusal::Function(error.to_string()))?;
    if status.is_informational() {
        return Err(Refusal::Function(format!("its status is {status}")));
    }
    if !status.is_success() {
        return Err(Refusal::ByFunction {
            status,
            answer: None,
        });
    }
    let headers = result.headers.unwrap_or_default();
    let protocol = headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("sec-websocket-protocol"));
    Ok(protocol.and_then(|(_, value)| HeaderValue::from_str(value.as_str()?).ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_2xx_status_lets_a_socket_in() {
        assert!(
            accepted_subprotocol(br#"{"statusCode":200}"#)
                .unwrap()
                .is_none()
        );
        assert!(
            accepted_subprotocol(br#"{"statusCode":204,"headers":null}"#)
                .unwrap()
                .is_none()
        );
        let refusal = accepted_subprotocol(br#"{"statusCode":401,"body":"no"}"#).unwrap_err();
        assert!(
            matches!(
                refusal,
                Refusal::ByFunction {
                    status: StatusCode::UNAUTHORIZED,
                    ..
                }
            ),
            "{refusal:?}"
        );
    }

    #[test]
    fn a_result_without_a_status_is_malformed() {
        for malformed in [
            "{}",
            "null",
            "\"ok\"",
            "",
            r#"{"statusCode":"two hundred"}"#,
            r#"{"statusCode":101}"#,
        ] {
            let refusal = accepted_subprotocol(malformed.as_bytes()).unwrap_err();
            assert!(
                matches!(refusal, Refusal::Function(_)),
                "{malformed}: {refusal:?}"
            );
        }
    }

    #[test]
    fn the_subprotocol_is_the_one_that_the_function_returned() {
        let result = br#"{"statusCode":200,"headers":{"sec-WebSocket-protocol":"chat.v2"}}"#;
        assert_eq!(accepted_subprotocol(result).unwrap().unwrap(), "chat.v2");
    }
}
