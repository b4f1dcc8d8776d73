//! A device that follows the protocol to the letter: cursors, holes, resumption, repeated sends.

mod account;
mod device;
mod line;
mod names;
mod outbox;
mod read;
mod rest;
mod view;

pub use account::Account;
pub use device::{Command, Device, Snapshot};
pub use names::Names;
pub(crate) use read::page as read_page;
pub use rest::{Rest, RestError, RestReply};
pub use view::{Shown, View};

use std::time::Duration;

/// How patient a device is. A real one waits longer; what matters is that these are in proportion to the ping period.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Between two pings.
    pub ping: Duration,
    /// For a pong, an ack or a sync before it is taken for lost.
    pub answer: Duration,
    /// For what fills a hole before it is synced.
    pub hole: Duration,
    /// The longest wait before another try to connect.
    pub reconnect: Duration,
}
