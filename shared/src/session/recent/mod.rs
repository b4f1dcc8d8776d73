//! What was said last in a session, kept in Redis, and never wrong.
//!
//! The list is contiguous: it holds every message whose latest change is after its `floor`, as of its `head`, each once. (An edit gives
//! a message a later change, so numbers between may stand for nothing any more.) Seven rules keep it from lying:
//!
//! 1. An alteration (a send, an edit, a deletion) **announces** itself before its statement and **appends** after the commit. While one
//!    is announced the list is not trusted: it may have committed already. An announcement that is never taken back (its function
//!    died between the two) makes the next reader drop the list.
//! 2. An append applies only if it is the next change; otherwise the list is dropped. An edited message leaves its old place.
//! 3. A repeated request finds its alteration committed and cannot tell whether that was ever appended: a list that does not reach
//!    it is dropped.
//! 4. A list that is missing is refilled from PostgreSQL under a **lease**, which every append and every drop takes away: a slow
//!    refill cannot overwrite a newer state. Only one reader holds it; the others wait a moment for what it brings.
//! 5. Members are kept beside the messages with a short life, and a change of members drops both.
//! 6. Whoever alters something and cannot write here **notes** that in PostgreSQL before the ack, and readers look for notes before they
//!    believe a list, every three seconds.
//! 7. The state says how many messages there have to be: a Redis that is short of memory evicts single keys, and a list that lacks
//!    messages is refilled.
//!
//! So a list holds everything that was acked while Redis could be reached; and what was acked while its sender could not reach it, at
//! the latest five seconds after the ack, or after the reader can reach Redis and PostgreSQL again: three between two looks, and what a
//! look may take. As only a list with members is read, each is refilled every minute, whatever else went wrong.

mod lease;
mod lua;
mod read;
mod snapshot;
mod unannounced;
mod write;

pub use read::{Reading, Recent, members, read};
pub use snapshot::refill;
pub use unannounced::{Lookout, catch_up};
pub use write::{Announcement, behind, drop_lists};
pub(crate) use write::{announce, append, forget, forget_all, settle, withdraw};

use uuid::Uuid;

/// The newest changes that are kept.
pub const CAPACITY: usize = 200;

/// The keys of a session, all in one hash slot.
struct Keys {
    state: String,
    recent: String,
    members: String,
    sends: String,
    lease: String,
}

impl Keys {
    fn of(session: Uuid) -> Self {
        let slot = format!("{{s:{session}}}:");
        // Joined and not formatted: the ten of a message took 10,000 instructions that way.
        let key = |part: &str| [&slot, part].concat();
        Self {
            state: key("state"),
            recent: key("recent"),
            members: key("members"),
            sends: key("sends"),
            lease: key("lease"),
        }
    }

    fn all(&self) -> [&str; 5] {
        [
            &self.state,
            &self.recent,
            &self.members,
            &self.sends,
            &self.lease,
        ]
    }
}
