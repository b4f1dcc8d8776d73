//! Stories told end to end: real functions, real PostgreSQL, real Redis, a real gateway.

mod budget;
mod chat;
mod idempotency;
mod order;
mod postgres_away;
mod recent_list;
mod redis_away;
mod replay;
mod resume;
