//! The gateway over real sockets, with closures as functions.

mod client;
mod compression;
mod dials;
mod frames;
mod functions;
mod handshake;
mod http;
mod http_authorizer;
mod leak;
mod lifetime;
mod management;
mod protocol;
mod raw;
mod throttle;
mod unconfirmed;
mod world;
