//! What EventBridge would run, and when.

mod cron;
mod cron_field;
mod event;
mod expression;
mod runner;

pub use cron::CronError;
pub use expression::{Expression, ExpressionError};
pub use runner::{RunError, ScheduleBook, Schedules, Upcoming};
