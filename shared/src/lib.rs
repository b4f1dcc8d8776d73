//! The domain of Gatepost: what a user, a session, a message and a connection are, and every rule about them.
//!
//! Each noun owns its types, its rules and its SQL or Lua. The functions are thin: they turn an event into a call here, and what
//! comes back into an answer. Nothing in this crate knows whether it runs on AWS or on a laptop.
//!
//! | module | is |
//! |---|---|
//! | [`user`] | guests, credentials, passwords |
//! | [`sign_in`] | what tokens, tickets and sockets belong to, and what ends them all |
//! | [`token`] | signing keys, access tokens, refresh tokens, tickets |
//! | [`session`] | conversations, their signed ids, members, and the cache of what was said last |
//! | [`message`] | what is said: sending, since-sync, history |
//! | [`connection`] | which sockets are open, and whose they are |
//! | [`push`] | one frame to many connections |
//! | [`limit`] | who may do what how often |
//! | [`entry`] | what a frame or a request passes first: a limit, and the end of its sign-in |
//! | [`frame`] | what travels over a socket |
//! | [`rest`] | what travels over HTTP |
//! | [`field`] | the fields of a JSON object that a client sent |
//! | [`code`] | the one table of errors |
//! | [`language`] | their messages, in the reader's language |
//! | [`sweep`] | what cleanup removes |
//! | [`heartbeat`] | what happens to silent sockets |
//! | [`invocation`] | deadlines and failures of scheduled functions |
//! | [`database`], [`cache`] | the way to PostgreSQL and to Redis |
//! | [`app`], [`config`], [`telemetry`] | start-up |
pub mod app;
pub mod cache;
pub mod code;
pub mod config;
pub mod connection;
pub mod database;
pub mod entry;
pub mod field;
pub mod frame;
pub mod heartbeat;
pub mod invocation;
pub mod language;
pub mod limit;
pub mod message;
pub mod push;
pub mod rest;
pub mod runtime;
pub mod session;
pub mod sign_in;
pub mod sweep;
pub mod telemetry;
pub mod timestamp;
pub mod token;
pub mod user;

pub use app::App;
