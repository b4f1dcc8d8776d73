//! Who may do what how often: one limiter, in Lua, whose one call decides, counts and says what is left.
//!
//! A limit is a **sliding window**: at most so many in any stretch of its period. What is refused does not count. All limits stand in
//! [`Limit`]'s constructors, and for clients in `docs/PROTOCOL.md`.
//!
//! Without Redis the limits are **open**: a chat that stops because nobody can count is worse than one that is not counted. A token
//! bucket in each instance still stands behind them, and each opening is logged with `limit_opened`, for operators to count. Attempts
//! to sign in stay counted: PostgreSQL counts them, too ([`attempt`]).

mod attempt;
mod bucket;
mod rate;
mod table;
mod who;
mod window;

pub use attempt::{AttemptError, attempt};
pub use bucket::Buckets;
pub use rate::{Rate, RateLimited};
pub use table::Limit;
pub use who::Who;
pub use window::{Answer, ask, check, decide, give_back, open};
