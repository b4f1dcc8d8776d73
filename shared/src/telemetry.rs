//! Logs: one JSON object a line on standard output, as Amazon's log service reads them.

use tracing_subscriber::{EnvFilter, fmt};

/// The runtime logs every error that a handler returns; we have logged it at the boundary already, and a refused ticket is no error of
/// ours. A panic still shows: the panic hook writes it.
const TWICE_LOGGED: &str = "lambda_runtime::layers::panic=off";

/// Starts logging. `AWS_LAMBDA_LOG_LEVEL`, which Lambda sets, wins over `RUST_LOG`; `info` unless either is set.
pub fn init() {
    let filter = EnvFilter::try_from_env("AWS_LAMBDA_LOG_LEVEL")
        .or_else(|_| EnvFilter::try_from_default_env())
        .unwrap_or_else(|_| EnvFilter::new("info"))
        .add_directive(TWICE_LOGGED.parse().expect("a constant directive parses"));
    fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_target(false)
        .with_env_filter(filter)
        .init();
}
