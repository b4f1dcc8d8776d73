//! How a push went.

use std::collections::HashSet;

use uuid::Uuid;

/// What became of one post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// The gateway took it.
    Delivered,
    /// The connection is gone. That is an outcome and not an error.
    Gone,
    /// The gateway had no room, twice.
    Throttled,
    /// The gateway failed, twice, or could not be reached.
    Failed,
}

/// What became of all posts of one frame.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Users for one of whose sockets the gateway took it.
    pub reached: HashSet<Uuid>,
    /// Taken by the gateway.
    pub delivered: usize,
    /// Connections that are gone and now forgotten.
    pub gone: usize,
    /// Refused for want of room.
    pub throttled: usize,
    /// Failed, or not tried in time.
    pub failed: usize,
}

impl Report {
    pub(super) fn count(&mut self, user: Uuid, delivery: Delivery) {
        match delivery {
            Delivery::Delivered => {
                self.delivered += 1;
                self.reached.insert(user);
            }
            Delivery::Gone => self.gone += 1,
            Delivery::Throttled => self.throttled += 1,
            Delivery::Failed => self.failed += 1,
        }
    }

    /// Says so if not everybody was reached.
    pub(super) fn log(&self) {
        let Self {
            delivered,
            gone,
            throttled,
            failed,
            ..
        } = *self;
        if throttled + failed > 0 {
            tracing::warn!(
                delivered,
                gone,
                throttled,
                failed,
                "a push did not reach {} sockets",
                throttled + failed
            );
        } else {
            tracing::debug!(delivered, gone, "pushed to {delivered} sockets");
        }
    }
}
