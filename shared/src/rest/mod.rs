//! What travels over HTTP: JSON bodies, bearer tokens, and errors as `application/problem+json` (RFC 9457).

mod call;
mod reply;
mod room;

pub use call::{Call, MalformedBody, NotFound};
pub use reply::{MAX_PAGE_BYTES, Reply};
pub(crate) use room::fitting;
