//! What a function of a WebSocket API receives, one module an event.

mod authorizer;
mod connect;
mod context;
mod disconnect;
mod message;

pub(super) use authorizer::AuthorizerEvent;
pub(super) use connect::ConnectEvent;
pub(super) use context::{EventKind, RequestContext};
pub(super) use disconnect::DisconnectEvent;
pub(super) use message::MessageEvent;
