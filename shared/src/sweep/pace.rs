//! How large the next batch is, and how long to wait before it.

use std::time::Duration;

/// Batches that take about as long as their target, with a pause of ten times that after each: whoever waits for a row, for the disk or
/// for a core waits for a moment, and ten elevenths of the time are left to the others. docs/CLEANUP.md has the figures.
#[derive(Debug)]
pub(super) struct Pace {
    rows: i64,
}

/// Fewer are not worth their round trip.
const FEWEST: i64 = 50;
/// More at once would fill the log of a quick database in one burst, whose end every send's commit would wait for.
const MOST: i64 = 1_000;
/// How long a batch should take.
const TARGET: Duration = Duration::from_millis(10);
/// How many times as long the pause is.
const PAUSE: u32 = 10;

impl Pace {
    /// No batch and its pause take longer together, as a rule: the time to keep free at the end of a slice.
    pub(super) const LONGEST: Duration = Duration::from_secs(2);

    pub(super) fn new() -> Self {
        Self { rows: 200 }
    }

    /// How many rows the next batch takes at most.
    pub(super) fn rows(&self) -> i64 {
        self.rows
    }

    /// Learns from a full batch, and says how long to pause. One step at a time: a single slow batch tells little.
    pub(super) fn after(&mut self, took: Duration) -> Duration {
        if took > TARGET * 2 {
            self.rows /= 2;
        } else if took < TARGET / 2 {
            self.rows *= 2;
        }
        self.rows = self.rows.clamp(FEWEST, MOST);
        (took * PAUSE).min(Self::LONGEST / 2)
    }

    /// After a batch that was given up; false if there are no smaller ones.
    pub(super) fn slow_down(&mut self) -> bool {
        let smaller = (self.rows / 4).max(FEWEST);
        std::mem::replace(&mut self.rows, smaller) > smaller
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quick_batches_grow_and_slow_ones_shrink_between_two_bounds() {
        let mut pace = Pace::new();
        for _ in 0..10 {
            pace.after(Duration::from_millis(2));
        }
        assert_eq!(pace.rows(), MOST);
        assert_eq!(
            pace.after(TARGET),
            TARGET * PAUSE,
            "the pause goes by the batch"
        );
        assert_eq!(pace.rows(), MOST, "what meets its target stays");
        for _ in 0..10 {
            pace.after(Duration::from_millis(500));
        }
        assert_eq!(pace.rows(), FEWEST);
        assert_eq!(pace.after(Duration::from_secs(60)), Pace::LONGEST / 2);
    }

    #[test]
    fn a_batch_that_was_given_up_is_tried_smaller_until_it_cannot_be() {
        let mut pace = Pace { rows: 500 };
        assert!(pace.slow_down());
        assert_eq!(pace.rows(), 125);
        assert!(pace.slow_down());
        assert_eq!(pace.rows(), FEWEST);
        assert!(!pace.slow_down());
    }
}
