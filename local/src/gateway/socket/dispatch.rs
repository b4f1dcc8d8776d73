//! From what happens on a socket to the function that handles it.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde::Deserialize;
use tracing::warn;

use super::{
    connection::Connection,
    end::End,
    event::{DisconnectEvent, EventKind, MessageEvent, RequestContext},
    frame::Failure,
    outbox::Outgoing,
};
use crate::gateway::{ThrottledMessage, functions::CallError, id::new_id};

/// Hands a message to its route, and the route's answer to the sender. Messages of one connection may overtake each
/// other.
pub(super) async fn message(connection: Arc<Connection>, text: String) {
    let request_id = new_id();
    match answer(&connection, &request_id, &text).await {
        Ok(None) => {}
        Ok(Some(reply)) => connection.reply(reply).await,
        Err(Failure::Throttled) if closes_when_throttled(&connection) => {
            connection.hang_up(End::THROTTLED);
        }
        Err(failure) => {
            connection
                .reply(failure.frame(&connection.peer.connection_id, &request_id))
                .await
        }
    }
}

fn closes_when_throttled(connection: &Connection) -> bool {
    let unconfirmed = &connection.api.platform.options.unconfirmed;
    unconfirmed.throttled_message == ThrottledMessage::Close
}

async fn answer(
    connection: &Connection,
    request_id: &str,
    text: &str,
) -> Result<Option<Outgoing>, Failure> {
    let api = &connection.api;
    if !api.platform.throttle.allows_request() {
        return Err(Failure::Throttled);
    }
    let (route_key, route) = api.route_of_message(text).ok_or(Failure::NoRoute)?;
    if !api.throttle.allows(route_key) {
        return Err(Failure::Throttled);
    }
    let Some(function) = &route.function else {
        return Ok(None);
    };
    let now = api.platform.clock.now();
    let context = RequestContext::new(
        EventKind::Message,
        route_key,
        api,
        &connection.peer,
        request_id,
        now,
    );
    let event = MessageEvent {
        stage_variables: api.stage_variables(),
        request_context: context
            .with_message_id()
            .authorized(connection.authorizer.as_deref()),
        body: text,
        is_base64_encoded: false,
    };
    let event = written(&event, function).ok_or(Failure::Integration)?;
    let result = api
        .platform
        .functions
        .call(function, event, api.timeout(route))
        .await
        .map_err(|error| {
            warn!(function, "a message on route {route_key} failed: {error}");
            match error {
                CallError::TimedOut(_) => Failure::TimedOut,
                CallError::Refused(_) | CallError::Failed(_) => Failure::Integration,
            }
        })?;
    if !route.two_way {
        return Ok(None);
    }
    let forwards_failures = api.platform.options.unconfirmed.forwards_failures;
    reply_of(&result, forwards_failures).map_err(|error| {
        warn!(
            function,
            "the result of a two-way route makes no sense: {error}"
        );
        Failure::Integration
    })
}

/// Tells `$disconnect` that a connection ended. AWS does not retry it, so neither do we.
pub(super) async fn disconnected(connection: Arc<Connection>, end: End) {
    let api = &connection.api;
    if api.platform.options.dials.disconnects().is_lost() {
        return;
    }
    let Some((route_key, route)) = api.route("$disconnect") else {
        return;
    };
    let Some(function) = &route.function else {
        return;
    };
    let (request_id, now) = (new_id(), api.platform.clock.now());
    let context = RequestContext::new(
        EventKind::Disconnect,
        route_key,
        api,
        &connection.peer,
        &request_id,
        now,
    );
    let context = context
        .ended(&end)
        .authorized(connection.authorizer.as_deref());
    let Some(event) = written(&DisconnectEvent::new(api, context), function) else {
        return;
    };
    if let Err(error) = api
        .platform
        .functions
        .call(function, event, api.timeout(route))
        .await
    {
        warn!(function, "$disconnect failed: {error}");
    }
}

fn written(event: &impl serde::Serialize, function: &str) -> Option<Bytes> {
    serde_json::to_vec(event)
        .map(Bytes::from)
        .inspect_err(|error| warn!(function, "an event could not be written: {error}"))
        .ok()
}

/// The result of a two-way route.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RouteResult {
    status_code: u16,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

/// What goes to the sender: the `body`; nothing when there is none, or when the status says that it is no answer.
fn reply_of(result: &[u8], forwards_failures: bool) -> Result<Option<Outgoing>, String> {
    let result: RouteResult = serde_json::from_slice(result).map_err(|error| error.to_string())?;
    if !forwards_failures && !(200..300).contains(&result.status_code) {
        return Ok(None);
    }
    let Some(body) = result.body.filter(|body| !body.is_empty()) else {
        return Ok(None);
    };
    if !result.is_base64_encoded {
        return Ok(Some(Outgoing::from(body)));
    }
    let decoded = STANDARD.decode(body).map_err(|error| error.to_string())?;
    Ok(Some(Outgoing::from_bytes(decoded.into())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(result: &str) -> Result<Option<Outgoing>, String> {
        reply_of(result.as_bytes(), false)
    }

    #[test]
    fn the_body_of_a_result_is_the_reply() {
        let sent = |text: &str| Ok(Some(Outgoing::from(text.to_owned())));
        assert_eq!(
            reply(r#"{"statusCode":200,"body":"{\"a\":1}"}"#),
            sent(r#"{"a":1}"#)
        );
        assert_eq!(
            reply(r#"{"statusCode":200,"body":"aGk=","isBase64Encoded":true}"#),
            sent("hi")
        );
    }

    #[test]
    fn a_result_that_is_a_failure_is_no_answer_unless_it_is_wanted() {
        let result = br#"{"statusCode":500,"headers":{},"body":"oh"}"#;
        assert_eq!(reply_of(result, false), Ok(None));
        let sent = Some(Outgoing::from("oh".to_owned()));
        assert_eq!(reply_of(result, true), Ok(sent));
    }

    #[test]
    fn a_result_without_a_body_sends_nothing() {
        for result in [
            r#"{"statusCode":200}"#,
            r#"{"statusCode":200,"body":null}"#,
            r#"{"statusCode":200,"body":""}"#,
        ] {
            assert_eq!(reply(result), Ok(None), "{result}");
        }
    }

    #[test]
    fn a_result_of_another_form_is_an_error() {
        for result in [
            "null",
            "\"hi\"",
            "",
            r#"{"body":"no status"}"#,
            r#"{"statusCode":200,"body":{"a":1}}"#,
        ] {
            assert!(reply(result).is_err(), "{result}");
        }
    }
}
