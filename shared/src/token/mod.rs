//! What proves who somebody is: access tokens for requests, refresh tokens for new access tokens, tickets for sockets.

mod access;
mod keys;
mod refresh;
mod ticket;

pub use access::{ACCESS_TOKEN_LIFETIME, AccessError, AccessToken, Identity};
pub use keys::KeyRing;
pub use refresh::{ExchangeId, RefreshError, RefreshToken};
pub use ticket::{NotedIn, TICKET_LIFETIME, Ticket, TicketError, TicketHolder};
