//! What is said: sending, editing, deleting, since-sync and history.

mod alter;
mod draft;
mod encoded;
mod history;
mod page;
mod queue;
mod record;
mod round;
mod send;
mod since;
mod store;

pub use alter::{AlterError, Alteration, alter};
pub use draft::{Draft, DraftError, Edit, MAX_CONTENT_BYTES, MAX_METADATA_BYTES};
pub use encoded::Encoded;
pub use history::{HistoryPage, history};
pub use page::Page;
pub use queue::SendQueue;
pub use record::{Message, Receipt};
pub use round::{Altered, Sender, first_trip, limits, second_trip};
pub use send::{Acked, SendError, send};
pub use since::{Reader, Since, SyncError, since};
