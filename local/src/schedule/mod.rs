//! What EventBridge would run, and when.

mod clock;
mod cron;
mod cron_field;
mod event;
mod expression;
mod runner;

pub use clock::Clock;
pub use cron::CronError;
pub use expression::{Expression, ExpressionError};
pub use runner::{RunError, Schedules, Upcoming};
