//! What a device wants done, one after the other, each until it is settled.

use std::{collections::VecDeque, time::Instant};

use crate::history::Request;

/// A request that is not settled yet.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) request: Request,
    /// Whether it has left before, so that it may have been done.
    pub(super) tried: bool,
}

/// The try that is on its way.
#[derive(Debug, Clone)]
pub(super) struct InFlight {
    pub(super) attempt: u64,
    /// The `id` of its frame.
    pub(super) id: String,
    pub(super) since: Instant,
}

/// Requests in their order; only the first is ever on its way.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    pub(super) waiting: VecDeque<Pending>,
    pub(super) in_flight: Option<InFlight>,
}

impl Outbox {
    pub(super) fn add(&mut self, request: Request) {
        self.waiting.push_back(Pending {
            request,
            tried: false,
        });
    }

    /// Whether the first may have been done already: it goes again before anything is synced.
    pub(super) fn must_repeat(&self) -> bool {
        self.waiting.front().is_some_and(|pending| pending.tried)
    }
}
