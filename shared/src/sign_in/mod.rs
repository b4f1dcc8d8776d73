//! Sign-ins: what access tokens, tickets and sockets belong to, and what ends them all.
//!
//! A log-in begins one, and so does a sign-up or a new guest; it lasts as long as its refresh tokens are exchanged. A service's key
//! is one, too. PostgreSQL knows which ones stand. One that ends leaves a **mark** in Redis for as long as something may live that
//! belongs to it; requests and frames ask for it in the round trip that counts them ([`crate::entry`]):
//!
//! - its sockets are told `bye` and closed at once; one that opens at the same moment finds the mark, and so does whatever comes
//!   through one whose close was lost: every frame that goes to Redis asks;
//! - its access tokens are refused where the mark is, and by PostgreSQL where Redis cannot be asked;
//! - its tickets are refused, and new ones ask PostgreSQL.
//!
//! What is left: a Redis that starts again empty forgets its marks, and then an access token of an ended sign-in is good for the rest
//! of its 15 minutes. It opens no socket.

mod end;
mod mark;
mod stand;

pub use end::{SIGNED_OUT, end, leave_mark, sign_out};
pub use mark::ask;
pub(crate) use stand::ended_by_postgres;
pub use stand::{SignedOut, has_ended, stands};
