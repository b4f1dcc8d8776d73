//! The gateway over real sockets, with closures as functions.

mod frames;
mod handshake;
mod http;
mod lifetime;
mod management;
mod world;
