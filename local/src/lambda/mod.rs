//! Lambda on one machine: functions as real processes behind the Runtime API.
//!
//! One environment is one process with a Runtime API of its own. It has one event at a time; while it is busy, another
//! process is started, up to a limit, and what comes then waits its turn. A process that crashes or runs out of time is
//! answered for as Lambda does, and the next event finds a new one.

mod api_error;
mod environment;
mod exchange;
mod groups;
mod invoke_api;
mod job;
mod options;
mod outcome;
mod output;
mod pool;
mod process;
mod report;
mod retry;
mod runtime_api;
mod supervisor;
mod traits;
mod variables;

#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use bytes::Bytes;
use tokio::sync::Semaphore;
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};
use uuid::Uuid;

use crate::{logs::Logs, template::Function};
use pool::{Pool, Shared};

pub use groups::kill_all;
pub use invoke_api::routes;
pub use options::LambdaOptions;
pub use outcome::{
    InvokeError, MAX_ASYNC_PAYLOAD_BYTES, MAX_PAYLOAD_BYTES, MAX_RESPONSE_BYTES, Outcome,
};
pub use pool::FunctionStatus;

/// Runs the functions of a template; cheap to clone. Every process of theirs is killed after the last clone is gone, and when this
/// process ends, however that ends.
#[derive(Debug, Clone)]
pub struct Lambda {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// By logical id.
    pools: BTreeMap<String, Arc<Pool>>,
    shared: Arc<Shared>,
    /// Cancels `shared.stop`.
    #[expect(dead_code, reason = "it is kept for what its drop does")]
    guard: DropGuard,
}

impl Lambda {
    /// Makes functions ready to be invoked; `functions` is by logical id. A process is started when there is something to do
    /// for it. Must be called within a Tokio runtime.
    pub fn start(
        functions: BTreeMap<String, Function>,
        options: LambdaOptions,
        logs: Logs,
    ) -> Self {
        groups::prepare();
        let stop = CancellationToken::new();
        let shared = Arc::new(Shared {
            starts: Semaphore::new(options.max_starting.max(1)),
            options,
            logs,
            stop: stop.clone(),
            tasks: TaskTracker::new(),
        });
        let pools = functions
            .into_iter()
            .map(|(id, function)| {
                let pool = Pool::new(&id, function, Arc::clone(&shared));
                (id, pool)
            })
            .collect();
        Self {
            inner: Arc::new(Inner {
                pools,
                shared,
                guard: stop.drop_guard(),
            }),
        }
    }

    /// Invokes a function, named by its logical id or its `FunctionName`, and waits for its result. The caller may stop
    /// waiting: the function runs on.
    pub async fn invoke(&self, function: &str, payload: Bytes) -> Result<Outcome, InvokeError> {
        self.invoke_sync(function, payload, false).await
    }

    /// As `invoke`, with the end of the log in the outcome; for that it waits until the invocation has ended, which is a
    /// little after the result.
    pub async fn invoke_with_log(
        &self,
        function: &str,
        payload: Bytes,
    ) -> Result<Outcome, InvokeError> {
        self.invoke_sync(function, payload, true).await
    }

    /// Queues an invocation and gives its request id. One that fails is tried twice more, after 1 and after 2 minutes.
    pub fn invoke_async(&self, function: &str, payload: Bytes) -> Result<Uuid, InvokeError> {
        let pool = self.pool(function)?;
        if payload.len() > MAX_ASYNC_PAYLOAD_BYTES {
            return Err(InvokeError::RequestTooLarge);
        }
        Ok(retry::spawn(Arc::clone(pool), payload))
    }

    /// From now on new processes of a function run another executable; those that run have their event to its end.
    pub fn replace(&self, function: &str, executable: PathBuf) -> Result<(), InvokeError> {
        self.pool(function)?.replace(executable);
        Ok(())
    }

    /// The logical id of a function, named by that or by its `FunctionName`.
    pub fn logical_id(&self, function: &str) -> Option<&str> {
        self.pool(function).ok().map(|pool| &*pool.id)
    }

    /// How busy every function is, by logical id.
    pub fn status(&self) -> BTreeMap<String, FunctionStatus> {
        self.inner
            .pools
            .iter()
            .map(|(id, pool)| (id.clone(), pool.status()))
            .collect()
    }

    /// Refuses what waits, kills every process and returns when all of them have ended.
    pub async fn stop(&self) {
        self.inner.shared.stop.cancel();
        for pool in self.inner.pools.values() {
            pool.refuse_waiting();
        }
        self.inner.shared.tasks.close();
        self.inner.shared.tasks.wait().await;
    }

    /// Whether a function has a concurrency of its own.
    fn is_reserved(&self, function: &str) -> bool {
        self.pool(function)
            .is_ok_and(|pool| pool.function.reserved_concurrency.is_some())
    }

    async fn invoke_sync(
        &self,
        function: &str,
        payload: Bytes,
        with_log: bool,
    ) -> Result<Outcome, InvokeError> {
        let pool = self.pool(function)?;
        if payload.len() > MAX_PAYLOAD_BYTES {
            return Err(InvokeError::RequestTooLarge);
        }
        pool.invoke(Uuid::new_v4(), payload, with_log).await
    }

    fn pool(&self, function: &str) -> Result<&Arc<Pool>, InvokeError> {
        let pools = &self.inner.pools;
        let named = || pools.values().find(|pool| pool.function.name == function);
        pools
            .get(function)
            .or_else(named)
            .ok_or_else(|| InvokeError::NotFound(pool::arn(function)))
    }
}
