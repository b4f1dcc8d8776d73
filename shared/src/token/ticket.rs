//! Tickets: what opens a socket. Signed, good for 30 seconds and for one use, bound to a user and a device.
//!
//! A browser cannot set a header on a socket, and an address ends up in logs and histories. So what stands in the address is worth
//! nothing once it has been used.

use std::time::Duration;

use jsonwebtoken::errors::{Error as JwtError, ErrorKind};
use redis::Pipeline;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Identity, KeyRing,
    access::{expiry, sign, verify},
};
use crate::code::{Code, Coded};

/// How long a ticket is good for.
pub const TICKET_LIFETIME: Duration = Duration::from_secs(30);
const AUDIENCE: &str = "socket";

/// A signed ticket.
#[derive(Debug)]
pub struct Ticket(pub String);

/// Whom a ticket lets in.
#[derive(Debug, Clone)]
pub struct TicketHolder {
    /// The user.
    pub identity: Identity,
    /// The device's own name for itself.
    pub device_id: String,
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
    /// It has opened a socket before.
    #[error("the ticket was used before")]
    Used,
}

impl Coded for TicketError {
    fn code(&self) -> Code {
        match self {
            Self::Invalid(_) => Code::TicketInvalid,
            Self::Expired => Code::TicketExpired,
            Self::Used => Code::TicketUsed,
        }
    }
}

#[derive(Clone, Serialize, Deserialize)]
struct Claims {
    aud: String,
    sub: Uuid,
    locale: String,
    device: String,
    jti: Uuid,
    exp: i64,
}

impl Ticket {
    /// Signs a ticket for a user's device, good for [`TICKET_LIFETIME`] from now.
    pub fn issue(keys: &KeyRing, identity: &Identity, device_id: &str) -> Self {
        Self(sign(
            keys,
            &Claims {
                aud: AUDIENCE.to_owned(),
                sub: identity.user_id,
                locale: identity.locale.clone(),
                device: device_id.to_owned(),
                jti: Uuid::now_v7(),
                exp: expiry(TICKET_LIFETIME),
            },
        ))
    }

    /// Reads a ticket that a client presents. Whether it was used is another question: [`TicketHolder::use_up`].
    pub fn verify(keys: &KeyRing, ticket: &str) -> Result<TicketHolder, TicketError> {
        let claims: Claims =
            verify(keys, ticket, AUDIENCE).map_err(|error| match error.kind() {
                ErrorKind::ExpiredSignature => TicketError::Expired,
                _ => TicketError::Invalid(error),
            })?;
        Ok(TicketHolder {
            identity: Identity {
                user_id: claims.sub,
                locale: claims.locale,
            },
            device_id: claims.device,
            ticket_id: claims.jti,
        })
    }
}

impl TicketHolder {
    /// Adds the command that uses the ticket up. Its answer is `true` for the first use and `false` for every other.
    pub fn use_up(&self, pipeline: &mut Pipeline) {
        // Kept for twice its life: after that it has expired on every clock.
        let seconds = TICKET_LIFETIME.as_secs() * 2;
        pipeline
            .cmd("SET")
            .arg(format!("ticket:{}", self.ticket_id))
            .arg(1)
            .arg("NX")
            .arg("EX")
            .arg(seconds);
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
            locale: "en".to_owned(),
        }
    }

    #[test]
    fn a_ticket_names_its_user_and_device() {
        let user = somebody();
        let holder = Ticket::verify(&keys(), &Ticket::issue(&keys(), &user, "phone").0).unwrap();
        assert_eq!(
            (holder.identity, holder.device_id.as_str()),
            (user, "phone")
        );
    }

    #[test]
    fn an_access_token_is_no_ticket() {
        let token = AccessToken::issue(&keys(), &somebody());
        assert_eq!(
            Ticket::verify(&keys(), &token.0).unwrap_err().code(),
            Code::TicketInvalid
        );
    }

    #[test]
    fn an_expired_ticket_says_so() {
        let claims = Claims {
            aud: AUDIENCE.to_owned(),
            sub: Uuid::now_v7(),
            locale: "en".to_owned(),
            device: "phone".to_owned(),
            jti: Uuid::now_v7(),
            exp: expiry(Duration::ZERO) - 2,
        };
        assert_eq!(
            Ticket::verify(&keys(), &sign(&keys(), &claims))
                .unwrap_err()
                .code(),
            Code::TicketExpired
        );
    }
}
