//! WebSocket APIs: a request becomes a socket, its frames become invocations.
//!
//! | module | is |
//! |---|---|
//! | [`api`] | an API with its routes and its connections |
//! | [`handshake`] | from an HTTP request to a 101 or a refusal |
//! | [`opening`] | the request for a socket, as events show it |
//! | [`admission`] | the decision: authorizer, then `$connect` |
//! | [`authorizer`] | who may open a socket |
//! | [`refusal`] | why a socket was not opened |
//! | [`registry`] | who is connected; the lease that ends in `$disconnect` |
//! | [`connection`], [`outbox`] | an open socket, and what waits to be written to it |
//! | [`wire`] | frames and messages as bytes |
//! | [`pump`] | the task of a socket, which reads and writes |
//! | [`dispatch`], [`route`] | from a frame to a function and back |
//! | [`frame`] | the frames that the gateway writes by itself |
//! | [`end`] | how a socket ended |
//! | [`event`] | what the functions receive |

mod admission;
mod api;
mod authorizer;
mod connection;
mod dispatch;
mod end;
mod event;
mod frame;
mod handshake;
mod opening;
mod outbox;
mod peer;
mod pump;
mod refusal;
mod registry;
mod route;
#[cfg(test)]
mod sample;
mod wire;

pub(super) use api::SocketApi;
pub(super) use end::End;
pub(super) use handshake::{asks_for_socket, open};
pub(super) use outbox::{Full, Outgoing};
pub(super) use refusal::Refusal;
