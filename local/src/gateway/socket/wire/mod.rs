//! The WebSocket protocol, RFC 6455 with the compression of RFC 7692, as a server speaks it.
//!
//! API Gateway's limits are limits of single frames, on the wire and after inflation, and its socket that waits costs
//! nothing: both are why the protocol is written out here instead of being a library's.
//!
//! | module | is |
//! |---|---|
//! | [`accept`] | the proof that a server has read a handshake |
//! | [`header`] | the first bytes of a frame |
//! | [`close`] | what a close frame says |
//! | [`reader`] | frames from bytes |
//! | [`message`] | messages from frames |
//! | [`text`] | UTF-8 that comes in pieces |
//! | [`writer`] | bytes from messages |
//! | [`deflate`], [`inflate`] | compression: agreeing on it and doing it, and undoing it |
//! | [`fault`] | why a client's bytes are refused |

mod accept;
mod close;
mod deflate;
mod fault;
mod header;
mod inflate;
mod message;
mod reader;
mod text;
mod writer;

pub(super) use accept::accept_key;
pub(super) use close::CloseFrame;
pub(super) use deflate::Deflate;
pub(super) use fault::Fault;
pub(super) use message::Event;
pub(super) use reader::{Reader, WireLimits};
pub(super) use writer::Writer;
