//! What every invocation of a function has that answers neither a frame nor a request: a deadline, and a way to fail.

use std::time::{Duration, SystemTime};

use lambda_runtime::{Context, Diagnostic};

use crate::code::{Coded, log_failure};

/// How long the invocation may still run.
pub fn time_left(context: &Context) -> Duration {
    context
        .deadline()
        .duration_since(SystemTime::now())
        .unwrap_or_default()
}

/// Logs what failed, and turns it into what Lambda's caller may know of it.
pub fn fault(error: &dyn Coded, doing: &str) -> Diagnostic {
    log_failure(error, doing);
    let code = error.code();
    Diagnostic {
        error_type: code.as_str().to_owned(),
        error_message: code.message().to_owned(),
    }
}
