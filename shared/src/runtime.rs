//! How a function starts, and what runs it.

use std::{io, panic::resume_unwind, sync::Arc};

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
/// costs more than it brings. Where it has several at once, a thread for each core, or as many as `TOKIO_WORKER_THREADS` says.
fn executor(config: &Config) -> io::Result<Runtime> {
    let mut builder = match config.concurrency {
        1 => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    builder.enable_all().build()
}

#[cfg(test)]
mod tests {
    use tokio::runtime::RuntimeFlavor;

    use super::*;
    use crate::config;

    fn config(invocations: &'static str) -> Result<Config, ConfigError> {
        config::tests::read(&[("AWS_LAMBDA_MAX_CONCURRENCY", invocations)])
    }

    #[test]
    fn several_invocations_at_once_have_several_threads() {
        for (invocations, flavor) in [
            ("", RuntimeFlavor::CurrentThread),
            ("1", RuntimeFlavor::CurrentThread),
            ("2", RuntimeFlavor::MultiThread),
        ] {
            let executor = executor(&config(invocations).unwrap()).unwrap();
            assert_eq!(executor.handle().runtime_flavor(), flavor, "{invocations}");
        }
        assert!(config("many").is_err());
    }
}
