//! The right to refill a list that is missing.

use uuid::Uuid;

use super::{Keys, lua};
use crate::{cache::Cache, code::log_failure};

/// Longer than a refill may take: its statement has 2.5 s. A holder that died keeps the others from refilling for so long.
pub(super) const LEASE_MILLIS: u64 = 3_000;

/// Given to one reader that missed; taken away by every append and drop after it.
#[derive(Debug, Clone, Copy)]
pub struct Lease(pub(super) Uuid);

impl Lease {
    pub(super) fn new() -> Self {
        Self(Uuid::now_v7())
    }

    /// Lets the next reader try, where nothing came of it.
    pub(super) async fn give_back(self, cache: &Cache, session: Uuid) {
        let mut pipeline = redis::pipe();
        lua::GIVE_BACK.call(&mut pipeline, &[&Keys::of(session).lease]);
        pipeline.arg(self.0.to_string());
        if let Err(error) = cache.run::<(i64,)>(&pipeline).await {
            log_failure(&error, "giving back a refill");
        }
    }
}
