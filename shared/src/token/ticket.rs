//! Tickets: what opens a socket. Signed, good for 30 seconds and for one use, bound to a user, a device, a sign-in and, where a page
//! asked for it, to the page's origin.
//!
//! A browser cannot set a header on a socket, and an address ends up in logs and histories. So what stands in the address is worth
//! nothing once it has been used.
//!
//! **One use, whatever happens to Redis.** A ticket is noted when it is issued, and used up by deleting the note: a Redis that forgot
//! refuses instead of admitting twice. Where Redis is away when a ticket is issued, PostgreSQL notes it, and the ticket says so.
//! Where Redis is away when one of its tickets is used, the socket is refused, and the next ticket is noted in PostgreSQL.

use std::time::Duration;

use jsonwebtoken::errors::{Error as JwtError, ErrorKind};
use redis::Pipeline;
use serde::{Deserialize, Serialize};
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::{
    Identity, KeyRing,
    access::{expiry, sign, verify},
};
use crate::{
    code::{Code, Coded},
    database::{Database, DatabaseError},
};

/// How long a ticket is good for.
pub const TICKET_LIFETIME: Duration = Duration::from_secs(30);
/// How long its note is kept: a verifier forgives a second of its clock.
const NOTE_SECONDS: u64 = TICKET_LIFETIME.as_secs() + 2;
const AUDIENCE: &str = "socket";

/// A signed ticket.
#[derive(Debug)]
pub struct Ticket(pub String);

/// Where a ticket is noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotedIn {
    /// As long as it is there.
    Redis,
    /// While Redis is away.
    Postgres,
}

/// Whom a ticket lets in.
#[derive(Debug, Clone)]
pub struct TicketHolder {
    /// The user, and the sign-in that the socket will belong to.
    pub identity: Identity,
    /// The device's own name for itself.
    pub device_id: String,
    /// The one origin whose pages may use it; any, if no page asked for it.
    pub origin: Option<String>,
    /// The ticket's id, good for one use.
    pub ticket_id: Uuid,
}

/// Why a ticket opens nothing.
#[derive(Debug, thiserror::Error)]
pub enum TicketError {
    /// Not signed by a key of ours, or not a ticket.
    #[error("the ticket is not valid")]
    Invalid(#[source] JwtError),
    /// Past its lifetime.
    #[error("the ticket has expired")]
    Expired,
    /// It has opened a socket before, or its note is lost.
    #[error("the ticket was used before")]
    Used,
    /// A page of another origin got it.
    #[error("the ticket belongs to another origin")]
    OtherOrigin,
    /// Its sign-in has ended.
    #[error("the sign-in of the ticket has ended")]
    SignedOut,
}

impl Coded for TicketError {
    fn code(&self) -> Code {
        match self {
            Self::Invalid(_) => Code::TicketInvalid,
            Self::Expired => Code::TicketExpired,
            Self::Used => Code::TicketUsed,
            Self::OtherOrigin => Code::Forbidden,
            Self::SignedOut => Code::Unauthorized,
        }
    }
}

#[derive(Clone, Serialize, Deserialize)]
struct Claims {
    aud: String,
    sub: Uuid,
    sid: Uuid,
    locale: String,
    device: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    origin: Option<String>,
    noted: NotedIn,
    jti: Uuid,
    exp: i64,
}

impl TicketHolder {
    /// A new ticket for a user's device.
    pub fn new(identity: Identity, device_id: &str, origin: Option<String>) -> Self {
        Self {
            identity,
            device_id: device_id.to_owned(),
            origin,
            ticket_id: Uuid::now_v7(),
        }
    }

    /// Adds the command that notes the ticket. It answers nothing.
    pub fn note(&self, pipeline: &mut Pipeline) {
        pipeline.set_ex(self.key(), 1, NOTE_SECONDS).ignore();
    }

    /// Notes the ticket in PostgreSQL, while Redis is away. One statement.
    pub async fn note_in_postgres(&self, database: &Database) -> Result<(), DatabaseError> {
        let lifetime = format!("{NOTE_SECONDS} seconds");
        let params = [
            (&self.ticket_id as _, Type::UUID),
            (&lifetime as _, Type::TEXT),
        ];
        database
            .query("SELECT ticket_note($1, $2::text::interval)", &params)
            .await?;
        Ok(())
    }

    /// Signs the ticket, good for [`TICKET_LIFETIME`] from now.
    pub fn sign(&self, keys: &KeyRing, noted: NotedIn) -> Ticket {
        Ticket(sign(
            keys,
            &Claims {
                aud: AUDIENCE.to_owned(),
                sub: self.identity.user_id,
                sid: self.identity.sign_in,
                locale: self.identity.locale.clone(),
                device: self.device_id.clone(),
                origin: self.origin.clone(),
                noted,
                jti: self.ticket_id,
                exp: expiry(TICKET_LIFETIME),
            },
        ))
    }

    /// Reads a ticket that a client presents. Whether it was used is another question: [`TicketHolder::use_up`].
    pub fn verify(keys: &KeyRing, ticket: &str) -> Result<(Self, NotedIn), TicketError> {
        let claims: Claims =
            verify(keys, ticket, AUDIENCE).map_err(|error| match error.kind() {
                ErrorKind::ExpiredSignature => TicketError::Expired,
                _ => TicketError::Invalid(error),
            })?;
        let holder = Self {
            identity: Identity {
                user_id: claims.sub,
                sign_in: claims.sid,
                locale: claims.locale,
            },
            device_id: claims.device,
            origin: claims.origin,
            ticket_id: claims.jti,
        };
        Ok((holder, claims.noted))
    }

    /// Refuses a page of another origin than that which asked for the ticket.
    pub fn require_origin(&self, origin: Option<&str>) -> Result<(), TicketError> {
        match &self.origin {
            Some(own) if origin != Some(own) => Err(TicketError::OtherOrigin),
            _ => Ok(()),
        }
    }

    /// Adds the command that uses the ticket up. Its answer is `true` for the first use and `false` for every other.
    pub fn use_up(&self, pipeline: &mut Pipeline) {
        pipeline.del(self.key());
    }

    /// Uses up a ticket that is noted in PostgreSQL: true for the first use, if its sign-in still stands. One statement.
    pub async fn use_up_in_postgres(&self, database: &Database) -> Result<bool, DatabaseError> {
        let params = [
            (&self.ticket_id as _, Type::UUID),
            (&self.identity.sign_in as _, Type::UUID),
        ];
        // Not twice: the second run would find the ticket used.
        let rows = database
            .query_once("SELECT ticket_use($1, $2) AS first_use", &params)
            .await?;
        Ok(rows.first().is_some_and(|row| row.get("first_use")))
    }

    /// In the user's hash slot.
    fn key(&self) -> String {
        format!("{{u:{}}}:ticket:{}", self.identity.user_id, self.ticket_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::Secret, token::AccessToken};

    fn keys() -> KeyRing {
        KeyRing::parse(
            "TOKEN_KEYS",
            &Secret::from("a-secret-of-more-than-32-characters"),
        )
        .unwrap()
    }

    fn somebody() -> Identity {
        Identity {
            user_id: Uuid::now_v7(),
            sign_in: Uuid::now_v7(),
            locale: "en".to_owned(),
        }
    }

    #[test]
    fn a_ticket_names_its_user_and_device() {
        let user = somebody();
        let ticket = TicketHolder::new(user.clone(), "phone", None).sign(&keys(), NotedIn::Redis);
        let (holder, noted) = TicketHolder::verify(&keys(), &ticket.0).unwrap();
        assert_eq!(
            (holder.identity, holder.device_id.as_str(), noted),
            (user, "phone", NotedIn::Redis)
        );
    }

    #[test]
    fn a_ticket_of_a_page_is_for_pages_of_its_origin() {
        let page = Some("https://shop.example".to_owned());
        let holder = TicketHolder::new(somebody(), "phone", page);
        assert!(holder.require_origin(Some("https://shop.example")).is_ok());
        for other in [
            None,
            Some("https://shop.example.org"),
            Some("http://shop.example"),
        ] {
            assert!(holder.require_origin(other).is_err(), "{other:?}");
        }
        let program = TicketHolder::new(somebody(), "phone", None);
        assert!(program.require_origin(None).is_ok());
        assert!(program.require_origin(Some("https://shop.example")).is_ok());
    }

    #[test]
    fn an_access_token_is_no_ticket() {
        let token = AccessToken::issue(&keys(), &somebody());
        assert_eq!(
            TicketHolder::verify(&keys(), &token.0).unwrap_err().code(),
            Code::TicketInvalid
        );
    }

    #[test]
    fn an_expired_ticket_says_so() {
        let claims = Claims {
            aud: AUDIENCE.to_owned(),
            sub: Uuid::now_v7(),
            sid: Uuid::now_v7(),
            locale: "en".to_owned(),
            device: "phone".to_owned(),
            origin: None,
            noted: NotedIn::Redis,
            jti: Uuid::now_v7(),
            exp: expiry(Duration::ZERO) - 2,
        };
        assert_eq!(
            TicketHolder::verify(&keys(), &sign(&keys(), &claims))
                .unwrap_err()
                .code(),
            Code::TicketExpired
        );
    }
}
