//! The seam between the gateway and whatever runs the functions.

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::future::BoxFuture;

use crate::lambda::{InvokeError, Lambda, Outcome};

/// Runs functions by name. [`Lambda`] does it with processes; a test does it with closures.
pub trait Invoke: Send + Sync + 'static {
    /// Invokes a function and waits for its result. Dropping the future must let the function run on: a client whose
    /// request timed out has no say over it.
    fn invoke<'a>(
        &'a self,
        function: &'a str,
        payload: Bytes,
    ) -> BoxFuture<'a, Result<Outcome, InvokeError>>;
}

impl Invoke for Lambda {
    fn invoke<'a>(
        &'a self,
        function: &'a str,
        payload: Bytes,
    ) -> BoxFuture<'a, Result<Outcome, InvokeError>> {
        Box::pin(Lambda::invoke(self, function, payload))
    }
}

/// Everything that can be invoked; cheap to clone.
#[derive(Clone)]
pub(crate) struct Functions(Arc<dyn Invoke>);

/// Why a call gave no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    #[error("Lambda refused the invocation: {0}")]
    Refused(#[from] InvokeError),
    /// With the error document, `{"errorMessage": …, "errorType": …}`.
    #[error("the function failed: {}", String::from_utf8_lossy(.0))]
    Failed(Bytes),
    #[error("the function took longer than {0:?}")]
    TimedOut(Duration),
}

impl Functions {
    pub(crate) fn new(invoke: impl Invoke) -> Self {
        Self(Arc::new(invoke))
    }

    /// The function's result, if it comes within `timeout`.
    pub(crate) async fn call(
        &self,
        function: &str,
        payload: Bytes,
        timeout: Duration,
    ) -> Result<Bytes, CallError> {
        let outcome = tokio::time::timeout(timeout, self.0.invoke(function, payload))
            .await
            .map_err(|_| CallError::TimedOut(timeout))??;
        if outcome.failed {
            Err(CallError::Failed(outcome.payload))
        } else {
            Ok(outcome.payload)
        }
    }
}

impl fmt::Debug for Functions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Functions")
    }
}
