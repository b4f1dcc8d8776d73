//! What a slice of cleanup did.

use std::{collections::BTreeMap, time::Duration};

use serde::Serialize;

use super::step::STEPS;

/// What a slice removed, or what a dry run found.
#[derive(Debug, Serialize)]
pub struct SweepReport {
    /// Rows by what they were, such as `expired_sessions`; 0 where there was none.
    #[serde(flatten)]
    pub counts: BTreeMap<&'static str, u64>,
    /// How many batches.
    pub batches: u64,
    /// How long the longest took, and so how long its locks were held, in milliseconds.
    pub longest_batch_millis: u64,
    /// How long the slice took, in milliseconds.
    pub millis: u64,
    /// Whether nothing is left. If not, the next slice goes on; a dry run has counted less than there is.
    pub complete: bool,
    /// Whether it only counted.
    pub dry_run: bool,
}

impl SweepReport {
    pub(super) fn begin() -> Self {
        let names = STEPS.iter().flat_map(|step| step.counts);
        Self {
            counts: names.map(|name| (*name, 0)).collect(),
            batches: 0,
            longest_batch_millis: 0,
            millis: 0,
            complete: false,
            dry_run: false,
        }
    }

    pub(super) fn add(&mut self, name: &'static str, count: i64) {
        *self.counts.entry(name).or_default() += count.max(0) as u64;
    }

    pub(super) fn batch(&mut self, took: Duration) {
        self.batches += 1;
        self.longest_batch_millis = self.longest_batch_millis.max(took.as_millis() as u64);
    }
}
