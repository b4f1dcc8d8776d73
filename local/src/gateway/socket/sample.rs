//! An API and a request to it, for tests.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    body::Body,
    extract::{ConnectInfo, Request},
};
use futures_util::future::BoxFuture;

use super::{api::SocketApi, opening::Opening};
use crate::{
    gateway::{GatewayOptions, Invoke, clock::Moment, functions::Functions, platform::Platform},
    lambda::{InvokeError, Outcome},
    template::{SocketRoute, WebSocketApi},
};

/// Has no functions.
struct Nothing;

impl Invoke for Nothing {
    fn invoke<'a>(
        &'a self,
        name: &'a str,
        _: bytes::Bytes,
    ) -> BoxFuture<'a, Result<Outcome, InvokeError>> {
        Box::pin(async move { Err(InvokeError::NotFound(name.to_owned())) })
    }
}

/// An API with every predefined route and `sendmessage`, none of them with a function.
pub(super) fn api() -> Arc<SocketApi> {
    let keys = ["$connect", "$default", "$disconnect", "sendmessage"];
    let declared = WebSocketApi {
        api_id: "abcd123456".to_owned(),
        route_selection: "$request.body.action".to_owned(),
        routes: keys
            .map(|key| (key.to_owned(), SocketRoute::new(None, false)))
            .into(),
        ..WebSocketApi::new("Chat")
    };
    let platform = Platform::new(
        Functions::new(Nothing),
        GatewayOptions::new("localhost:3000"),
    );
    Arc::new(SocketApi::new(declared, Arc::new(platform)))
}

/// What a browser would send, at a fixed time and with a fixed connection id.
pub(super) fn opening(target: &str) -> Opening {
    let request = Request::builder()
        .uri(target)
        .header("host", "localhost:3000")
        .header("connection", "keep-alive, Upgrade")
        .header("upgrade", "websocket")
        .header("origin", "http://localhost:3000")
        .header("user-agent", "Browser/1")
        .header(
            "x-amzn-trace-id",
            "Root=1-65c66adf-0123456789abcdef01234567",
        )
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
        .extension(ConnectInfo(SocketAddr::from(([192, 0, 2, 1], 50_000))))
        .body(Body::empty())
        .unwrap();
    let mut opening = Opening::new(&request, &api().platform);
    opening.peer.connection_id = "PJqB0fHsqRcCHlw=".to_owned();
    opening.peer.connected_at = Moment::from_epoch_ms(1_707_502_303_419);
    opening
}
