//! The gateway over real sockets, with closures as functions.

mod client;
mod frames;
mod functions;
mod handshake;
mod http;
mod lifetime;
mod management;
mod world;
