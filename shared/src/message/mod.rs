//! What is said: sending, since-sync and history.

mod draft;
mod history;
mod page;
mod record;
mod send;
mod since;
mod store;

pub use draft::{Draft, DraftError, MAX_CONTENT_BYTES, MAX_METADATA_BYTES};
pub use history::{HistoryPage, history};
pub use page::Page;
pub use record::Message;
pub use send::{Receipt, SendError, Sender, Sent, send};
pub use since::{Since, SyncError, since};
