//! The executor of a function.

use std::io;

use tokio::runtime::{Builder, Runtime};

use crate::config::Config;

/// One thread where an environment has one invocation at a time: its steps follow each other, and handing each from thread to thread
/// costs more than it brings. Where it has several at once, a thread for each core.
pub fn new(config: &Config) -> io::Result<Runtime> {
    executor(config.concurrency)
}

fn executor(invocations: usize) -> io::Result<Runtime> {
    let mut builder = match invocations {
        0 | 1 => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    builder.enable_all().build()
}

#[cfg(test)]
mod tests {
    use tokio::runtime::RuntimeFlavor;

    use super::executor;

    #[test]
    fn several_invocations_at_once_have_several_threads() {
        let flavor = |invocations| executor(invocations).unwrap().handle().runtime_flavor();
        assert_eq!(flavor(1), RuntimeFlavor::CurrentThread);
        assert_eq!(flavor(2), RuntimeFlavor::MultiThread);
    }
}
