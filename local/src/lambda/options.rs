//! How functions are run.

use std::{collections::BTreeMap, num::NonZero, path::PathBuf, thread, time::Duration};

use crate::dials::Dials;

/// How functions are run. Every map is by logical id.
#[derive(Debug, Clone)]
pub struct LambdaOptions {
    /// The folder that a relative `CodeUri` starts from: that of the template.
    pub code_root: PathBuf,
    /// Executables of functions; one that is not here is `bootstrap` in its `CodeUri`.
    pub executables: BTreeMap<String, PathBuf>,
    /// Environment variables that win over the declared ones.
    pub variables: BTreeMap<String, BTreeMap<String, String>>,
    /// How many processes a function may have. What comes when all are busy waits its turn.
    pub max_environments: usize,
    /// Whether what comes when all processes are busy is throttled at once, as Lambda does it at the limit of an
    /// account. `max_environments` is then that limit; 10 is that of a new account.
    pub refuses_when_busy: bool,
    /// How many processes may be starting at the same time, of all functions together; the number of cores unless set, so
    /// that a burst into a cold stack is served by the first to be ready instead of waiting for all.
    pub max_starting: usize,
    /// How long a process is kept without work.
    pub idle_timeout: Duration,
    /// From the start of a process to its first `next`. Lambda's own limit is 10 s.
    pub init_timeout: Duration,
    /// How long an invocation waits for a process before it is throttled. API Gateway gives up after 30 s.
    pub queue_timeout: Duration,
    /// The pauses before an asynchronous invocation that failed is tried again: 1 and 2 minutes, as in Lambda.
    pub retry_delays: [Duration; 2],
    /// Whether a process is stopped while it has no event, as in Lambda: its timers and its connections stand still.
    pub freeze: bool,
    /// How many events a process may have at once where its function does not say; more than 1 makes it one of Lambda's managed
    /// instances, which are not frozen.
    pub concurrency: usize,
    /// The time that retries go by, and the faults of processes. Unset, the machine's clock and no fault.
    pub dials: Dials,
}

impl Default for LambdaOptions {
    fn default() -> Self {
        Self {
            code_root: PathBuf::from("."),
            executables: BTreeMap::new(),
            variables: BTreeMap::new(),
            max_environments: 10,
            refuses_when_busy: false,
            max_starting: thread::available_parallelism().map_or(1, NonZero::get),
            idle_timeout: Duration::from_secs(5 * 60),
            init_timeout: Duration::from_secs(10),
            queue_timeout: Duration::from_secs(30),
            retry_delays: [Duration::from_secs(60), Duration::from_secs(120)],
            freeze: false,
            concurrency: 1,
            dials: Dials::default(),
        }
    }
}
