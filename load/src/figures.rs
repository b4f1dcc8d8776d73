//! Times as percentiles.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

/// A minute: nobody waits for longer, and what takes longer counts as much.
const MAX_MICROS: u64 = 60_000_000;

/// Times of one kind, in microseconds, to three digits.
#[derive(Debug, Clone)]
pub(crate) struct Times(Histogram<u64>);

/// What is told of times, in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub(crate) struct Figures {
    pub(crate) count: u64,
    pub(crate) p50: f64,
    pub(crate) p90: f64,
    pub(crate) p99: f64,
    pub(crate) max: f64,
}

impl Default for Times {
    fn default() -> Self {
        Self(Histogram::new_with_bounds(1, MAX_MICROS, 3).expect("the bounds are in order"))
    }
}

impl Times {
    /// Takes one more.
    pub(crate) fn add(&mut self, time: Duration) {
        self.0.saturating_record(time.as_micros() as u64);
    }

    /// What is told of them.
    pub(crate) fn figures(&self) -> Figures {
        let at = |quantile| self.0.value_at_quantile(quantile) as f64 / 1_000.0;
        Figures {
            count: self.0.len(),
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            max: self.0.max() as f64 / 1_000.0,
        }
    }
}

impl std::fmt::Display for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            p50, p90, p99, max, ..
        } = self;
        write!(
            f,
            "p50 {p50:.2}  p90 {p90:.2}  p99 {p99:.2}  max {max:.1} ms"
        )
    }
}

/// The middle of some numbers; of an even count the lower one.
pub(crate) fn median(numbers: impl IntoIterator<Item = f64>) -> f64 {
    let mut numbers: Vec<f64> = numbers.into_iter().collect();
    numbers.sort_by(f64::total_cmp);
    numbers
        .get(numbers.len().saturating_sub(1) / 2)
        .copied()
        .unwrap_or_default()
}

/// The median of each figure by itself.
pub(crate) fn median_figures(all: &[Figures]) -> Figures {
    let of = |part: fn(&Figures) -> f64| median(all.iter().map(part));
    Figures {
        count: of(|figures| figures.count as f64) as u64,
        p50: of(|figures| figures.p50),
        p90: of(|figures| figures.p90),
        p99: of(|figures| figures.p99),
        max: of(|figures| figures.max),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_that_of_the_times() {
        let mut times = Times::default();
        (1..=100).for_each(|n| times.add(Duration::from_millis(n)));
        let figures = times.figures();
        assert_eq!(figures.count, 100);
        assert!((figures.p50 - 50.0).abs() < 0.1, "{figures:?}");
        assert!((figures.p99 - 99.0).abs() < 0.1, "{figures:?}");
        assert!((figures.max - 100.0).abs() < 0.1, "{figures:?}");
    }

    #[test]
    fn a_median_is_the_middle() {
        assert_eq!(median([3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median([4.0, 1.0, 2.0, 3.0]), 2.0);
        assert_eq!(median([]), 0.0);
    }
}
