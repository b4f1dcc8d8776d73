//! Stories told end to end: real functions, real PostgreSQL, real Redis, a real gateway.

mod bodies;
mod budget;
mod chat;
mod cleanup;
mod error_codes;
mod frames;
mod heartbeat;
mod idempotency;
mod identity;
mod management;
mod order;
mod postgres_away;
mod recent_list;
mod redacted;
mod redis_away;
mod registry;
mod replay;
mod resume;
mod sessions;
