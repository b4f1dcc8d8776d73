//! Faults on purpose, so that a program can be seen to survive them: set over HTTP, from the command line or from a test.
//!
//! | module | is |
//! |---|---|
//! | [`Posts`] | what becomes of the next posts to `@connections`: refused, late, out of order, lost or made twice |
//! | [`Sockets`] | every socket at once, as when a gateway restarts |
//! | [`Disconnects`] | `$disconnect` events that are lost |
//! | [`Kills`] | processes that die in the middle of their work |
//! | [`Link`] | the way to PostgreSQL or Redis: cut, or slow |
//! | [`Span`] | a span of time as people write it: `2h`, `250ms` |
//! | [`request`], `api`, `view` | all of it under `/_local` |

mod api;
mod disconnects;
mod error;
mod kills;
mod link;
mod posts;
pub mod request;
mod sockets;
mod span;
mod view;

use std::sync::Arc;

pub use api::routes;
pub use disconnects::Disconnects;
pub use error::{DialError, NoServer};
pub(crate) use kills::Sentence;
pub use kills::{Kills, When};
pub(crate) use link::Proxy;
pub use link::{Link, LinkState};
pub(crate) use posts::{Copies, Passage};
pub use posts::{PostFault, Posts, Refusal};
pub use sockets::Sockets;
pub use span::{Span, SpanError};

use crate::clock::Clock;

/// The clock of a stack, and every fault that can be set; cheap to clone. Nothing is faulty unless it was asked for.
#[derive(Debug, Clone, Default)]
pub struct Dials {
    clock: Clock,
    posts: Arc<Posts>,
    disconnects: Arc<Disconnects>,
    sockets: Arc<Sockets>,
    kills: Arc<Kills>,
    postgres: Arc<Link>,
    redis: Arc<Link>,
}

impl Dials {
    /// No fault, and a clock.
    pub fn with_clock(clock: Clock) -> Self {
        Self {
            clock,
            ..Self::default()
        }
    }

    /// The time that timers, schedules and retries go by.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// What becomes of the next posts.
    pub fn posts(&self) -> &Posts {
        &self.posts
    }

    /// Lost `$disconnect` events.
    pub fn disconnects(&self) -> &Disconnects {
        &self.disconnects
    }

    /// Every open socket.
    pub fn sockets(&self) -> &Sockets {
        &self.sockets
    }

    /// Processes that die in the middle of their work.
    pub fn kills(&self) -> &Kills {
        &self.kills
    }

    /// The way from the functions to PostgreSQL.
    pub fn postgres(&self) -> &Link {
        &self.postgres
    }

    /// The way from the functions to Redis.
    pub fn redis(&self) -> &Link {
        &self.redis
    }

    /// Takes every fault back. The clock stays where it is: no time comes back.
    pub fn reset(&self) {
        self.posts.reset();
        self.disconnects.reset();
        self.kills.reset();
        self.postgres.reset();
        self.redis.reset();
    }

    /// A post to a connection is about to be made. It has been made when the passage is dropped.
    pub(crate) async fn post(&self, connection: &str) -> Result<Passage, Refusal> {
        if self.kills.at_post().await {
            return Err(Refusal::Failed);
        }
        self.posts.pass(connection).await
    }

    /// A process gets an event: whether it is to die of it, and the signal for that.
    pub(crate) fn sentence(
        &self,
        function: &str,
        execute: &Arc<tokio::sync::Notify>,
    ) -> Option<Sentence> {
        Kills::sentence(&self.kills, function, execute)
    }
}
