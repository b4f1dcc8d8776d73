//! What devices want to do.

use std::time::Duration;

use rand::{RngExt, rngs::StdRng};

use super::stream;

/// What a device wants to do next. What it is about, such as which message, is chosen among what it has by then: `choice` is
/// taken modulo how many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Says something.
    Send {
        /// Chooses which session.
        choice: usize,
    },
    /// Says something through the socket and over REST at once, under the same key.
    SendTwice {
        /// Chooses which session.
        choice: usize,
    },
    /// Says again what it has said before.
    Repeat {
        /// Chooses which message.
        choice: usize,
    },
    /// Uses a key again for another text.
    Clash {
        /// Chooses which message.
        choice: usize,
    },
    /// Says something over REST alone.
    SendByRest {
        /// Chooses which session.
        choice: usize,
    },
    /// Gives one of its user's messages another text.
    Edit {
        /// Chooses which session and message.
        choice: usize,
    },
    /// Deletes one of its user's messages.
    Delete {
        /// Chooses which session and message.
        choice: usize,
    },
    /// Has read up to some message.
    Read {
        /// Chooses which session and message.
        choice: usize,
    },
    /// Is writing.
    Typing {
        /// Chooses which session.
        choice: usize,
    },
}

/// The wishes of one device, one after the other, without an end.
#[derive(Debug)]
pub struct Wishes {
    random: StdRng,
    pause: Duration,
}

/// How many of a hundred, and how one is made.
type Share = (u32, fn(usize) -> Wish);

/// Of a hundred wishes, how many are of each kind. The rest are plain sends.
const SHARES: [Share; 8] = [
    (4, |choice| Wish::SendTwice { choice }),
    (5, |choice| Wish::Repeat { choice }),
    (2, |choice| Wish::Clash { choice }),
    (10, |choice| Wish::SendByRest { choice }),
    (16, |choice| Wish::Edit { choice }),
    (5, |choice| Wish::Delete { choice }),
    (14, |choice| Wish::Read { choice }),
    (4, |choice| Wish::Typing { choice }),
];

impl Wishes {
    /// Those of a device, by a number of its own, with pauses of so long on average.
    pub fn new(seed: u64, device: u64, pause: Duration) -> Self {
        Self {
            random: stream(seed, 1_000 + device),
            pause,
        }
    }

    /// How long it does nothing, and what it wants then.
    pub fn next_wish(&mut self) -> (Duration, Wish) {
        let pause = self.pause.mul_f64(self.random.random_range(0.1..1.9));
        let (mut lot, choice) = (
            self.random.random_range(0..100),
            self.random.random_range(0..1_000_000),
        );
        for (share, wish) in SHARES {
            if lot < share {
                return (pause, wish(choice));
            }
            lot -= share;
        }
        (pause, Wish::Send { choice })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_wants_the_same_in_every_run_of_a_seed() {
        let of = |seed, device| {
            let mut wishes = Wishes::new(seed, device, Duration::from_millis(100));
            [(); 50].map(|()| wishes.next_wish())
        };
        assert_eq!(of(1, 1), of(1, 1));
        assert_ne!(of(1, 1), of(1, 2));
        assert_ne!(of(1, 1), of(2, 1));
    }
}
