//! The right to refill a list that is missing.

use uuid::Uuid;

/// Given by a read that missed; taken away by every append and drop after it.
#[derive(Debug, Clone, Copy)]
pub struct Lease(pub(super) Uuid);

impl Lease {
    pub(super) fn new() -> Self {
        Self(Uuid::now_v7())
    }
}
