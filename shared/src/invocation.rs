//! What every invocation of a function has that answers neither a frame nor a request: a deadline, and a way to fail.

use std::time::{Duration, SystemTime};

use lambda_runtime::{Context, Diagnostic};

use crate::{
    code::{Coded, log_failure},
    language::Language,
};

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
    Diagnostic {
        error_type: error.code().as_str().to_owned(),
        error_message: Language::ENGLISH.explain(error),
    }
}
