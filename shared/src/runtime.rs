//! The executor of a function.

use std::{env, io};

use tokio::runtime::{Builder, Runtime};

/// Runs a function's whole life. One thread where an environment has one invocation at a time: its steps follow each other, and
/// handing each from thread to thread costs more than it brings. Where it has several at once (`AWS_LAMBDA_MAX_CONCURRENCY`), a
/// thread for each core.
pub fn run<T>(life: impl Future<Output = T>) -> io::Result<T> {
    let invocations = env::var("AWS_LAMBDA_MAX_CONCURRENCY").unwrap_or_default();
    Ok(executor(&invocations)?.block_on(life))
}

/// What is no number is refused by the configuration, which says so better.
fn executor(invocations: &str) -> io::Result<Runtime> {
    let mut builder = match invocations.parse() {
        Ok(0 | 1) | Err(_) => Builder::new_current_thread(),
        Ok(2_usize..) => Builder::new_multi_thread(),
    };
    builder.enable_all().build()
}

#[cfg(test)]
mod tests {
    use tokio::runtime::RuntimeFlavor;

    use super::executor;

    #[test]
    fn several_invocations_at_once_have_several_threads() {
        for (invocations, flavor) in [
            ("", RuntimeFlavor::CurrentThread),
            ("1", RuntimeFlavor::CurrentThread),
            ("2", RuntimeFlavor::MultiThread),
            ("many", RuntimeFlavor::CurrentThread),
        ] {
            let executor = executor(invocations).unwrap();
            assert_eq!(executor.handle().runtime_flavor(), flavor, "{invocations}");
        }
    }
}
