//! `$disconnect` events that are lost. AWS delivers them at its best effort, so a backend must do without one.

use std::sync::atomic::{AtomicU32, Ordering};

/// How many of the next `$disconnect` events are lost.
#[derive(Debug, Default)]
pub struct Disconnects {
    left: AtomicU32,
}

impl Disconnects {
    /// The next `count` sockets end without `$disconnect`, instead of what was set before.
    pub fn drop_next(&self, count: u32) {
        self.left.store(count, Ordering::SeqCst);
    }

    /// How many are still to be lost.
    pub fn left(&self) -> u32 {
        self.left.load(Ordering::SeqCst)
    }

    /// Takes it back.
    pub fn reset(&self) {
        self.drop_next(0);
    }

    /// A socket has ended: whether its `$disconnect` is lost.
    pub(crate) fn is_lost(&self) -> bool {
        self.left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            })
            .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_are_lost_as_were_asked_for() {
        let disconnects = Disconnects::default();
        assert!(!disconnects.is_lost());
        disconnects.drop_next(2);
        assert_eq!([(); 3].map(|()| disconnects.is_lost()), [true, true, false]);
        assert_eq!(disconnects.left(), 0);
    }
}
