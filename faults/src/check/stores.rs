//! When Redis and PostgreSQL could be reached.

use std::collections::BTreeMap;

use crate::history::{Event, What};

/// How long after everything can be reached again an old list may be believed, in microseconds: what docs/ARCHITECTURE.md promises.
const BOUND: u64 = 5_000_000;

/// How long a function may take to find a Redis again that is back, in microseconds.
const WAKE: u64 = 1_500_000;

/// What was done to the stores, by when it began.
#[derive(Debug, Default)]
pub(super) struct Stores {
    faults: Vec<Fault>,
}

#[derive(Debug)]
struct Fault {
    from: u64,
    to: u64,
    is_redis: bool,
    /// Whether Redis forgot everything.
    forgets: bool,
}

impl Stores {
    pub(super) fn of(events: &[Event]) -> Self {
        let mut faults: BTreeMap<usize, Fault> = BTreeMap::new();
        for event in events {
            let What::Fault {
                number,
                kind,
                begins,
                ..
            } = &event.what
            else {
                continue;
            };
            if *begins && (kind.starts_with("redis") || kind.starts_with("postgres")) {
                let fault = Fault {
                    from: event.at,
                    to: u64::MAX,
                    is_redis: kind.starts_with("redis"),
                    forgets: matches!(kind.as_str(), "redis-stop" | "redis-flush"),
                };
                faults.insert(*number, fault);
            } else if let Some(fault) = faults.get_mut(number) {
                fault.to = event.at;
            }
        }
        let mut faults: Vec<_> = faults.into_values().collect();
        faults.sort_by_key(|fault| fault.from);
        Self { faults }
    }

    /// From when on every reader must be told of what was acknowledged at some time, though Redis may not have been: both stores could be
    /// reached all through the bound.
    pub(super) fn told(&self, at: u64) -> u64 {
        self.faults.iter().fold(at + BOUND, |told, fault| {
            if fault.from <= told && fault.to.saturating_add(BOUND) > told {
                fault.to.saturating_add(BOUND)
            } else {
                told
            }
        })
    }

    /// Whether Redis may have been out of reach at some time in between.
    pub(super) fn hid(&self, from: u64, to: u64) -> bool {
        let meets = |fault: &Fault| fault.from <= to && from <= fault.to.saturating_add(WAKE);
        self.faults
            .iter()
            .any(|fault| fault.is_redis && meets(fault))
    }

    /// Whether Redis forgot everything at some time in between.
    pub(super) fn forgot(&self, from: u64, to: u64) -> bool {
        let meets = |fault: &Fault| fault.from <= to && from <= fault.to;
        self.faults
            .iter()
            .any(|fault| fault.forgets && meets(fault))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000;

    fn stores(faults: &[(&str, u64, u64)]) -> Stores {
        let mut events = Vec::new();
        for (number, (kind, from, to)) in faults.iter().enumerate() {
            for (at, begins) in [(from, true), (to, false)] {
                let what = What::Fault {
                    number,
                    kind: (*kind).to_owned(),
                    detail: String::new(),
                    begins,
                };
                events.push(Event {
                    at: at * SECOND,
                    what,
                });
            }
        }
        Stores::of(&events)
    }

    #[test]
    fn the_bound_begins_when_the_stores_can_be_reached() {
        let stores = stores(&[
            ("redis-cut", 10, 12),
            ("kill", 14, 60),
            ("postgres-cut", 30, 31),
        ]);
        assert_eq!(stores.told(SECOND), 6 * SECOND);
        assert_eq!(stores.told(7 * SECOND), 17 * SECOND);
        assert_eq!(stores.told(11 * SECOND), 17 * SECOND);
        assert_eq!(stores.told(13 * SECOND), 18 * SECOND);
        assert_eq!(stores.told(40 * SECOND), 45 * SECOND);
    }

    #[test]
    fn it_begins_anew_with_every_fault_before_its_end() {
        let stores = stores(&[
            ("redis-cut", 10, 12),
            ("postgres-stop", 15, 16),
            ("redis-slow", 20, 21),
        ]);
        assert_eq!(stores.told(9 * SECOND), 26 * SECOND);
    }

    #[test]
    fn what_postgresql_does_hides_nothing() {
        let stores = stores(&[("redis-cut", 10, 12), ("postgres-cut", 20, 21)]);
        assert!(stores.hid(13 * SECOND, 14 * SECOND));
        assert!(!stores.hid(8 * SECOND, 9 * SECOND));
        assert!(!stores.hid(14 * SECOND, 22 * SECOND));
    }

    #[test]
    fn a_cut_redis_forgets_nothing() {
        let stores = stores(&[("redis-cut", 10, 12), ("redis-stop", 20, 21)]);
        assert!(!stores.forgot(9 * SECOND, 13 * SECOND));
        assert!(stores.forgot(21 * SECOND, 22 * SECOND));
        assert!(!stores.forgot(22 * SECOND, 23 * SECOND));
    }
}
