//! What an environment is told when it starts.

use std::{sync::Arc, time::Duration};

use super::{process::Freezer, report::Phase};
use crate::dials::Dials;

/// What an environment is told when it starts.
#[derive(Debug)]
pub(super) struct Traits {
    /// Logical id of the function.
    pub(super) function: Arc<str>,
    /// Counts the executables of the function, so that an old one is known after a replacement.
    pub(super) generation: u64,
    /// Of an invocation.
    pub(super) timeout: Duration,
    /// As declared.
    pub(super) memory_mb: u32,
    /// Of the process.
    pub(super) process_id: Option<u32>,
    /// Whether the first invocation pays for this start, because an earlier one took too long.
    pub(super) phase: Phase,
    /// Whether the process may have several events at once.
    pub(super) is_concurrent: bool,
    /// Stops the process while it has no event.
    pub(super) freezer: Option<Freezer>,
    /// Which events are deadly.
    pub(super) dials: Dials,
}
