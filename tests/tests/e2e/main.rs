//! Stories told end to end: real functions, real PostgreSQL, real Redis, a real gateway.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it tells"
)]

mod abandoned;
mod alter;
mod bodies;
mod budget;
mod chat;
mod cleanup;
mod cluster;
mod dials;
mod error_codes;
mod flushall;
mod frames;
mod handover;
mod heartbeat;
mod idempotency;
mod identity;
mod invites;
mod lambda;
mod limit_model;
mod limited_routes;
mod limits;
mod logs;
mod lost_answers;
mod managed;
mod management;
mod nonsense;
mod numbers;
mod order;
mod page_size;
mod pooler;
mod postgres_away;
mod prepared;
mod recent_list;
mod redacted;
mod redis_away;
mod registry;
mod replay;
mod reset;
mod resume;
mod resume_far;
mod schema;
mod send_model;
mod service;
mod session_view;
mod sessions;
mod sign_out;
mod specification;
mod strangers;
mod switches;
mod threats;
mod tickets;
mod together;
mod unannounced;
