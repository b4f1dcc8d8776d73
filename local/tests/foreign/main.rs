//! A template in the style of the public WebSocket samples, whose functions are not Rust, runs as it stands; and what a
//! template asks for in vain is an error with its line.
#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it tells"
)]

mod chat;
mod names;
mod unsupported;
