//! The threads of a stack.

use std::{io, thread};

use tokio::runtime::{Builder, Runtime};

/// As many threads as half the cores, at least one. The functions, PostgreSQL and Redis are processes of their own and do most of the work:
/// with a thread for each core, waking the next one costs a fifth of the gateway's time for a lone message (docs/PERFORMANCE.md).
pub fn executor() -> io::Result<Runtime> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    Builder::new_multi_thread()
        .worker_threads((cores / 2).max(1))
        .enable_all()
        .build()
}
