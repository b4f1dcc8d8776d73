//! What the end-to-end tests stand on: a whole stack in one line, and clients that speak to it as a browser would.
//!
//! ```no_run
//! # #[tokio::main] async fn main() {
//! let stack = tests::TestStack::start().await; // its own databases, its own port, the real binaries
//! let ada = stack.guest().await;
//! let mut phone = ada.device("phone").await;
//! phone.send(&serde_json::json!({"type": "ping"})).await;
//! assert_eq!(phone.next().await["type"], "pong");
//! # }
//! ```

mod browser;
mod conversation;
mod counts;
mod keys;
mod line;
mod rest;
mod shared;
mod socket;
mod stack;
mod user;
mod watch;

pub use browser::{Axe, Browser, Page};
pub use conversation::Conversation;
pub use counts::Counts;
pub use keys::Keys;
pub use line::Line;
pub use rest::{Reply, Rest, direct};
pub use shared::{Kept, Shared};
pub use socket::{Closed, Refused, Socket};
pub use stack::{TestStack, TestStackBuilder};
pub use user::{Device, User};
