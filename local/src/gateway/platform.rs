//! What every API of a gateway shares.

use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{GatewayOptions, clock::Clock, functions::Functions, throttle::AccountThrottle};

/// What every API of a gateway shares.
#[derive(Debug)]
pub(crate) struct Platform {
    pub(crate) functions: Functions,
    pub(crate) options: GatewayOptions,
    pub(crate) clock: Clock,
    pub(crate) throttle: AccountThrottle,
    /// Sockets and their `$disconnect`, so that a stop can wait for them.
    pub(crate) tasks: TaskTracker,
    /// Cancelled when every socket has to close.
    pub(crate) closing: CancellationToken,
}

impl Platform {
    pub(crate) fn new(functions: Functions, options: GatewayOptions) -> Self {
        Self {
            throttle: AccountThrottle::new(options.limits.throttles.as_ref()),
            functions,
            clock: Clock::new(options.dials.clock().clone()),
            options,
            tasks: TaskTracker::new(),
            closing: CancellationToken::new(),
        }
    }

    /// `("localhost", "3000")` of `localhost:3000`; port 80 when the host names none.
    pub(crate) fn host_and_port(&self) -> (&str, &str) {
        self.options
            .host
            .rsplit_once(':')
            .unwrap_or((&self.options.host, "80"))
    }
}
