//! End to end: one story a test, through the gateway, with the real functions, a real PostgreSQL and a real Redis.

mod cleanup;
mod heartbeat;
mod management;
mod registry;
