//! The threads of a stack.

use std::{io, thread};

use tokio::runtime::{Builder, Runtime};

/// The runtime of a stack, with a [`share`] of the cores.
pub fn executor() -> io::Result<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(share())
        .enable_all()
        .build()
}

/// How many threads one process of a stack is to have: half the cores, at least one. Gateway, functions, PostgreSQL and Redis are processes
/// of their own and share them: with a thread for each core, waking the next one costs a fifth of a process's time for a lone message
/// (docs/PERFORMANCE.md).
pub(crate) fn share() -> usize {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    (cores / 2).max(1)
}
