//! The threads of a stack.

use std::{io, thread};

use tokio::runtime::{Builder, Runtime};

/// The runtime of a stack, with a [`share`] of the cores.
///
/// One thread has the executor that is made for one. The other polls what was woken last before the rest, so that what many invocations
/// hand to one socket goes out one by one instead of together (docs/PERFORMANCE.md).
pub fn executor() -> io::Result<Runtime> {
    let threads = share();
    let mut builder = match threads {
        1 => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    builder.worker_threads(threads).enable_all().build()
}

/// How many threads one process of a stack is to have: half the cores, at least one. Gateway, functions, PostgreSQL and Redis are processes
/// of their own and share them: with a thread for each core, waking the next one costs a fifth of a process's time for a lone message
/// (docs/PERFORMANCE.md).
pub(crate) fn share() -> usize {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    (cores / 2).max(1)
}
