//! What will be done and what will go wrong, made from a seed alone.
//!
//! The same seed gives the same faults at the same times and the same wishes of every device in the same order. What becomes of
//! them depends on how processes are scheduled, so a run of a seed is much like another and not the same.

mod fault;
mod wish;

pub use fault::{Fault, Kind, Planned, faults};
pub use wish::{Wish, Wishes};

use rand::{SeedableRng, rngs::StdRng};

/// A stream of random numbers of its own for each purpose, so that one more number here moves nothing there.
fn stream(seed: u64, purpose: u64) -> StdRng {
    StdRng::seed_from_u64(seed ^ purpose.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}
