//! The routes: a module for each noun, and one for each thing done with messages.

mod alter_message;
mod history;
pub(crate) mod invite;
pub(crate) mod member;
mod send_message;
pub(crate) mod session;
mod since;

pub(crate) use alter_message::{delete_message, edit_message};
pub(crate) use history::history;
pub(crate) use send_message::send_message;
pub(crate) use since::since;

/// Messages on a page, unless asked for otherwise.
const DEFAULT_PAGE: usize = 100;
/// Messages on a page, at most.
const MAX_PAGE: usize = 500;
