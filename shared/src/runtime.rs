//! How a function starts, and what runs it.

use std::{io, num::NonZero, panic::resume_unwind, sync::Arc, thread::available_parallelism};

use tokio::runtime::{Builder, Runtime};

use crate::{
    App,
    config::{Config, ConfigError},
    telemetry,
};

/// Starts a function, and runs its life to the end: logs, the configuration, and what it holds between invocations.
pub fn run<E, L>(life: impl FnOnce(Arc<App>) -> L) -> Result<(), E>
where
    E: From<ConfigError> + From<io::Error>,
    L: Future<Output = Result<(), E>>,
{
    telemetry::init();
    let config = Config::from_env()?;
    // The client of Redis starts a task when it is made.
    executor(&config)?.block_on(async { life(App::new(config)?).await })
}

/// The life of a function as a task of the executor. Waking what an executor blocks on has it ask the kernel for news before it goes on,
/// which a message would pay six times. Not every life can be one: the compiler does not see that what answers HTTP is `Send`.
pub async fn as_task<E: Send + 'static>(
    life: impl Future<Output = Result<(), E>> + Send + 'static,
) -> Result<(), E> {
    let ended = tokio::spawn(life).await;
    ended.unwrap_or_else(|panicked| resume_unwind(panicked.into_panic()))
}

/// One thread where an environment has one invocation at a time: its steps follow each other, and handing each from thread to thread
/// costs more than it brings. Where it has several at once, as many as [`Config::threads`] says.
///
/// One thread has the executor that is made for one: it polls tasks in the order in which they woke, so what several invocations ask of
/// Redis at the same moment goes out in one write. The other polls what was woken last before the rest, which is three times as many writes
/// (docs/PERFORMANCE.md).
fn executor(config: &Config) -> io::Result<Runtime> {
    let threads = match config.concurrency {
        1 => 1,
        _ => config.threads.map_or_else(cores, NonZero::get),
    };
    let mut builder = match threads {
        1 => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    builder.worker_threads(threads).enable_all().build()
}

/// Those that this process may use.
fn cores() -> usize {
    available_parallelism().map_or(1, NonZero::get)
}

#[cfg(test)]
mod tests {
    use tokio::runtime::RuntimeFlavor;

    use super::*;
    use crate::config;

    fn config(invocations: &'static str, threads: &'static str) -> Result<Config, ConfigError> {
        config::tests::read(&[
            ("AWS_LAMBDA_MAX_CONCURRENCY", invocations),
            ("TOKIO_WORKER_THREADS", threads),
        ])
    }

    #[test]
    fn several_invocations_at_once_have_several_threads_where_there_are_several() {
        for (invocations, threads, expected) in [
            ("", "2", 1),
            ("1", "2", 1),
            ("2", "1", 1),
            ("2", "2", 2),
            ("64", "3", 3),
        ] {
            let executor = executor(&config(invocations, threads).unwrap()).unwrap();
            let metrics = executor.metrics();
            assert_eq!(metrics.num_workers(), expected, "{invocations}, {threads}");
            let alone = executor.handle().runtime_flavor() == RuntimeFlavor::CurrentThread;
            assert_eq!(alone, expected == 1, "{invocations}, {threads}");
        }
        assert!(config("many", "1").is_err());
        assert!(config("2", "0").is_err());
    }
}
