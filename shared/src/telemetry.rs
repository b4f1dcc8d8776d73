//! Logs: one JSON object a line on standard output, as Amazon's log service reads them.

use tracing_subscriber::{EnvFilter, fmt};

/// Starts logging. `AWS_LAMBDA_LOG_LEVEL`, which Lambda sets, wins over `RUST_LOG`; `info` unless either is set.
pub fn init() {
    let filter = EnvFilter::try_from_env("AWS_LAMBDA_LOG_LEVEL")
        .or_else(|_| EnvFilter::try_from_default_env())
        .unwrap_or_else(|_| EnvFilter::new("info"));
    fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_target(false)
        .with_env_filter(filter)
        .init();
}
