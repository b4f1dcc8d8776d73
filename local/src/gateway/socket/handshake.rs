//! From an HTTP request to a socket.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::Request,
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
        header::{
            CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_KEY,
            SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
        },
    },
    response::{IntoResponse, Response},
};
use tracing::error;

use super::{
    admission::admit,
    api::SocketApi,
    opening::Opening,
    pump,
    refusal::Refusal,
    wire::{Deflate, accept_key},
};

/// Answers a request to the address of a WebSocket API. The answer waits for the authorizer and `$connect`.
pub(crate) async fn open(api: Arc<SocketApi>, request: Request) -> Response {
    try_open(api, request)
        .await
        .unwrap_or_else(IntoResponse::into_response)
}

/// Whether a request asks for a WebSocket.
pub(crate) fn asks_for_socket(request: &Request) -> bool {
    request.method() == Method::GET
        && has_token(request.headers(), &CONNECTION, "upgrade")
        && has_token(request.headers(), &UPGRADE, "websocket")
}

async fn try_open(api: Arc<SocketApi>, mut request: Request) -> Result<Response, Refusal> {
    let accept = accept(&request)?;
    check_url(&api, &request)?;
    let throttled = !api.platform.throttle.allows_connect() || !api.throttle.allows("$connect");
    if throttled {
        return Err(Refusal::TooManyRequests);
    }
    let deflate = Deflate::negotiate(values(request.headers(), &SEC_WEBSOCKET_EXTENSIONS));
    let opening = Opening::new(&request, &api.platform);
    let upgrade = hyper::upgrade::on(&mut request);
    // A task of its own: this future is dropped when the client leaves, but a client that leaves while `$connect` is at
    // work still needs its `$disconnect`.
    let admission = api
        .platform
        .tasks
        .spawn(admit(Arc::clone(&api), opening))
        .await;
    let admitted = admission.map_err(|error| {
        error!("the admission of a socket ended early: {error}");
        Refusal::Function("the gateway failed".to_owned())
    })??;
    let response = switching_protocols(accept, deflate, admitted.subprotocol);
    api.platform
        .tasks
        .spawn(pump::run(admitted.lease, admitted.inbox, upgrade, deflate));
    Ok(response)
}

/// `Sec-WebSocket-Accept` for a proper handshake.
fn accept(request: &Request) -> Result<HeaderValue, Refusal> {
    if !asks_for_socket(request) {
        return Err(if request.method() == Method::GET {
            Refusal::UpgradeRequired
        } else {
            Refusal::Forbidden
        });
    }
    let headers = request.headers();
    let version = headers
        .get(SEC_WEBSOCKET_VERSION)
        .is_some_and(|version| version == "13");
    let key = headers.get(SEC_WEBSOCKET_KEY).filter(|_| version);
    let accept = key.and_then(|key| accept_key(key.as_bytes())?.try_into().ok());
    accept.ok_or(Refusal::BadHandshake)
}

fn check_url(api: &SocketApi, request: &Request) -> Result<(), Refusal> {
    let options = &api.platform.options;
    let chars = "wss://".len() + options.host.len() + request.uri().to_string().len();
    if chars > options.limits.socket_url_chars {
        return Err(Refusal::UrlTooLong);
    }
    Ok(())
}

fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    values(headers, name)
        .flat_map(|value| value.split(','))
        .any(|part| part.trim().eq_ignore_ascii_case(token))
}

fn values<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'h str> {
    let values = headers.get_all(name).iter();
    values.filter_map(|value| value.to_str().ok())
}

fn switching_protocols(
    accept: HeaderValue,
    deflate: Option<Deflate>,
    subprotocol: Option<HeaderValue>,
) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    if let Some(answer) = deflate.and_then(|deflate| deflate.answer().try_into().ok()) {
        headers.insert(SEC_WEBSOCKET_EXTENSIONS, answer);
    }
    if let Some(subprotocol) = subprotocol {
        headers.insert(SEC_WEBSOCKET_PROTOCOL, subprotocol);
    }
    response
}
