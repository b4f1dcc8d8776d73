//! Transcripts: plain text files of what a client says and what a gateway answers, played against any address.
//!
//! ```text
//! == A message that no route takes is forbidden
//! a > open ?token=allow
//! a < 101
//! a > text {"action":"nowhere"}
//! a < text {"message": "Forbidden", "connectionId":"<a=id>", "requestId":"<id>"}
//! ```
//!
//! | module | is |
//! |---|---|
//! | `script` | the text, line by line |
//! | `pattern` | placeholders, such as `<id>` |
//! | `target` | the addresses that a transcript is played against |
//! | `exchange` | one HTTP request, which may become a socket |
//! | `sign` | the signature that AWS wants on `@connections` |
//! | `peer` | one side of a conversation: what it says and hears |
//! | `play` | a transcript from its first line to its last |

mod exchange;
mod pattern;
mod peer;
mod play;
mod script;
mod sign;
mod target;

pub use play::{Difference, Played, play};
pub use script::{Case, ScriptError, Transcript};
pub use sign::Credentials;
pub use target::{Target, TargetError};
