//! What an environment, its Runtime API, its supervisor and its pool say to each other.

use bytes::Bytes;
use tokio::time::Instant;
use uuid::Uuid;

/// Where an environment is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// It has not asked for an event yet.
    Starting,
    /// It has no event.
    Idle,
    /// It has an event, answered or not.
    Busy,
    /// Its process has ended or is being killed.
    Ended,
}

/// An event as the runtime gets it.
#[derive(Debug)]
pub(super) struct Delivery {
    /// Of the invocation.
    pub(super) request_id: Uuid,
    /// Of this attempt.
    pub(super) invocation_id: Uuid,
    /// When the process will be killed, in milliseconds since 1970.
    pub(super) deadline_ms: u128,
    /// The event.
    pub(super) payload: Bytes,
}

/// What a request for an event means to the pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// The process is ready.
    First,
    /// An invocation is over, and there is room for the next.
    Finished,
    /// There is room for one more.
    Room,
    /// Nothing: the runtime has asked before.
    Again,
}

/// When a supervisor has to look again, or what it has to do.
#[derive(Debug)]
pub(super) enum Watch {
    /// Look again then.
    Until(Instant),
    /// The invocation has run out of time.
    TimedOut,
    /// It has been idle for too long.
    Idle,
    /// It is retired, and has no event.
    Retired,
}

/// Why the Runtime API refuses an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Not the request id of the current invocation, or that one has been answered.
    RequestId,
    /// Not the invocation id of the current attempt.
    InvocationId,
    /// The process is being killed, and nobody will hear its answer.
    Killed,
}
