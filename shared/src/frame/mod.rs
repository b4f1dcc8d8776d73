//! What travels over a socket: JSON text frames, told apart by their `type`.

mod client;

mod server;

pub use client::{ClientFrame, FrameError, MAX_CURSORS};
pub use server::{ErrorFrame, ServerFrame, SyncedSession};
