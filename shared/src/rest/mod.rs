//! What travels over HTTP: JSON bodies, bearer tokens, and errors as `application/problem+json` (RFC 9457).

mod call;
mod reply;

pub use call::{Call, MalformedBody, NotFound};
pub use reply::{MAX_PAGE_BYTES, Reply};
