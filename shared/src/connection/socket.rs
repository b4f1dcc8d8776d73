//! A socket as its events describe it.

use std::time::Duration;

use lambda_runtime::Diagnostic;
use uuid::Uuid;

use crate::language::Language;

/// A socket: the gateway's id for it, and whom the authorizer let in.
#[derive(Debug, Clone)]
pub struct Socket {
    /// The gateway's id.
    pub connection_id: String,
    /// The user.
    pub user_id: Uuid,
    /// The sign-in that its ticket was issued to; the socket ends with it.
    pub sign_in: Uuid,
    /// The device's own name for itself.
    pub device_id: String,
    /// BCP 47 tag of the language that the user reads.
    pub locale: String,
    /// How long it has been open, by the gateway's clock.
    pub age: Duration,
}

/// The event does not say whose socket it is: the route has no authorizer, or not ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the event has no {0}")]
pub struct NoIdentity(pub(super) &'static str);

impl From<NoIdentity> for Diagnostic {
    fn from(error: NoIdentity) -> Self {
        Self {
            error_type: "NoIdentity".to_owned(),
            error_message: error.to_string(),
        }
    }
}

impl Socket {
    /// The language for what this socket's user is told.
    pub fn language(&self) -> Language {
        Language::nearest(&self.locale).unwrap_or(Language::ENGLISH)
    }
}
