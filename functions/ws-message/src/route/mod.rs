//! One module for each type of frame.

mod alter;
mod message;
mod ping;
mod read;
mod sync;
mod user_typing;

pub(crate) use alter::alter;
pub(crate) use message::message;
pub(crate) use ping::ping;
pub(crate) use read::read;
pub(crate) use sync::sync;
pub(crate) use user_typing::user_typing;
