//! What was said last in a session, kept in Redis, and never wrong.
//!
//! The list is contiguous: it holds every change after its `floor` up to its `head`. Four rules keep it from lying:
//!
//! 1. A send **announces** itself before its statement and **appends** after the commit. While a send is announced the list is not
//!    trusted: it may have committed already. An announcement that is never taken back (its function died between the two) makes
//!    the next reader drop the list.
//! 2. An append applies only if it is the next change; otherwise the list is dropped.
//! 3. A list that is missing is refilled from PostgreSQL under a **lease**, which every append and every drop takes away: a slow
//!    refill cannot overwrite a newer state.
//! 4. Members are kept beside the messages with a short life, and a change of members drops both.

mod lease;
mod lua;
mod read;
mod snapshot;
mod write;

pub use read::{Reading, Recent, members, read};
pub use snapshot::refill;
pub use write::{Announcement, announce, append, behind, forget, forget_all, withdraw};

use uuid::Uuid;

/// The newest changes that are kept.
pub const CAPACITY: usize = 200;

/// The keys of a session, all in one hash slot.
struct Keys {
    state: String,
    recent: String,
    members: String,
    sends: String,
}

impl Keys {
    fn of(session: Uuid) -> Self {
        let key = |part: &str| format!("{{s:{session}}}:{part}");
        Self {
            state: key("state"),
            recent: key("recent"),
            members: key("members"),
            sends: key("sends"),
        }
    }

    fn all(&self) -> [&str; 4] {
        [&self.state, &self.recent, &self.members, &self.sends]
    }
}
