//! The one table of errors: what every code means over HTTP, whether to try again, and what its message may mention. The messages
//! themselves are in `locales`, under the code as their key.
//!
//! A domain function returns its own noun's error; [`Coded`] says which code that is; the boundary turns the code into an `error`
//! frame or an `application/problem+json` body. Nothing else of an error reaches a client.

use std::{error::Error, time::Duration};

use crate::{
    language::Argument,
    limit::Rate,
    message::{MAX_CONTENT_BYTES, MAX_METADATA_BYTES},
    user::{MAX_PASSWORD_CHARS, MIN_PASSWORD_CHARS},
};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $status:literal, $retry:literal $(, [$($argument:expr),+])?;)*) => {
        /// What went wrong, as clients know it. Codes are stable: they are added, never renamed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[$doc])* $name,)*
        }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The code as it stands on the wire; also the key of its message.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The HTTP status over REST.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }

            /// Whether the same request may succeed later.
            pub const fn retry(self) -> bool {
                match self { $(Self::$name => $retry,)* }
            }

            /// What its message mentions.
            pub const fn arguments(self) -> &'static [Argument] {
                match self { $(Self::$name => &[$($($argument),+)?],)* }
            }
        }
    };
}

codes! {
    /// A frame that is not a JSON object with a `type`.
    MalformedFrame = "malformed_frame", 400, false;
    /// A frame whose `type` nobody knows.
    UnknownType = "unknown_type", 400, false;
    /// A request body that is not a JSON object.
    MalformedBody = "malformed_body", 400, false;
    /// A field that is missing or has the wrong form.
    InvalidField = "invalid_field", 400, false, [Argument::Field];
    /// A message without text.
    MessageEmpty = "message_empty", 400, false;
    /// A message whose text is too long.
    MessageTooLarge = "message_too_large", 413, false, [Argument::Limit("max", MAX_CONTENT_BYTES)];
    /// A message whose metadata is too large.
    MetadataTooLarge = "metadata_too_large", 413, false, [Argument::Limit("max", MAX_METADATA_BYTES)];
    /// The idempotency key stands for another message.
    IdempotencyConflict = "idempotency_conflict", 409, false;
    /// Somebody altered it first; the answer has it as it stands.
    Conflict = "conflict", 409, false;
    /// A cursor of another life of the database.
    Reset = "reset", 410, false;
    /// A session id that we never signed.
    InvalidSessionId = "invalid_session_id", 400, false;
    /// A session of other people, or none at all: the two are not told apart.
    NotAMember = "not_a_member", 403, false;
    /// A member without the right to do this.
    Forbidden = "forbidden", 403, false;
    /// A session past its end.
    SessionExpired = "session_expired", 410, false;
    /// A user id that nobody has.
    UserNotFound = "user_not_found", 404, false;
    /// An invite that is unknown, used, revoked or expired: the four are not told apart.
    InviteInvalid = "invite_invalid", 404, false;
    /// As many sessions, members or invites as are allowed.
    LimitReached = "limit_reached", 409, false;
    /// A message id that is not in the session, or no longer.
    MessageNotFound = "message_not_found", 404, false;
    /// A path that leads nowhere.
    NotFound = "not_found", 404, false;
    /// No access token, or one that we did not sign.
    Unauthorized = "unauthorized", 401, false;
    /// An access token past its 15 minutes.
    TokenExpired = "token_expired", 401, true;
    /// An unknown user or a wrong password: the two are not told apart.
    InvalidCredentials = "invalid_credentials", 401, false;
    /// An address that has an account.
    EmailTaken = "email_taken", 409, false;
    /// A guest's token that already has credentials.
    AlreadySignedUp = "already_signed_up", 409, false;
    /// Not an e-mail address.
    InvalidEmail = "invalid_email", 400, false;
    /// A password that is too short or too long.
    InvalidPassword = "invalid_password", 400, false, [Argument::Limit("min", MIN_PASSWORD_CHARS), Argument::Limit("max", MAX_PASSWORD_CHARS)];
    /// A refresh token that is unknown or expired.
    RefreshTokenInvalid = "refresh_token_invalid", 401, false;
    /// A refresh token that was used before; its whole family is revoked.
    RefreshTokenReused = "refresh_token_reused", 401, false;
    /// A ticket that we did not sign.
    TicketInvalid = "ticket_invalid", 401, false;
    /// A ticket past its 30 seconds.
    TicketExpired = "ticket_expired", 401, true;
    /// A ticket that has opened a socket before.
    TicketUsed = "ticket_used", 403, true;
    /// Too much in too short a time.
    RateLimited = "rate_limited", 429, true, [Argument::Wait];
    /// More than a day's share.
    QuotaExceeded = "quota_exceeded", 429, true, [Argument::Wait];
    /// A store is away, or too slow to answer.
    Unavailable = "unavailable", 503, true;
    /// A fault of ours.
    Internal = "internal", 500, true;
}

/// An error that a client may be told of.
pub trait Coded: Error {
    /// Its row in the table.
    fn code(&self) -> Code;

    /// How long to wait before another try, where that is known.
    fn retry_after(&self) -> Option<Duration> {
        None
    }

    /// What is left of the limit that was hit, where it was one.
    fn rate(&self) -> Option<Rate> {
        None
    }

    /// What it would have altered, as it stands now, where somebody was faster.
    fn current(&self) -> Option<serde_json::Value> {
        None
    }

    /// The field at fault, where it is one.
    fn field(&self) -> Option<&'static str> {
        None
    }
}

/// Any error that a client may be told of, on its way to the boundary.
pub type Failure = Box<dyn Coded + Send + Sync>;

impl<E: Coded + Send + Sync + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Box::new(error)
    }
}

/// The one log of a failure, at the boundary: faults of ours and of the stores, with their causes. What a client did wrong is its
/// own business and is not logged as a fault.
pub fn log_failure(error: &dyn Coded, doing: &str) {
    let code = error.code().as_str();
    match error.code() {
        Code::Internal => tracing::error!(code, causes = chain(error), "{doing} failed: {error}"),
        Code::Unavailable => tracing::warn!(code, causes = chain(error), "{doing} failed: {error}"),
        _ => tracing::debug!(code, "{doing} was refused: {error}"),
    }
}

fn chain(error: &dyn Coded) -> String {
    let mut causes = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        causes.push(cause.to_string());
        next = cause.source();
    }
    causes.join(": ")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::language::{Details, Language};

    /// What the table in the protocol shows where a message mentions something.
    const EXAMPLE: Details<'_> = Details {
        field: Some("title"),
        wait: Some(Duration::from_secs(120)),
    };

    #[test]
    fn codes_are_unique_and_snake_case() {
        let codes: HashSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(codes.len(), Code::ALL.len());
        assert!(
            codes
                .iter()
                .all(|code| code.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
        );
    }

    #[test]
    fn the_protocol_documents_every_row() {
        let protocol = include_str!("../../docs/PROTOCOL.md");
        for code in Code::ALL {
            let retry = if code.retry() { "yes" } else { "no" };
            let row = format!(
                "| `{}` | {} | {retry} | {} |",
                code.as_str(),
                code.status(),
                Language::ENGLISH.message(*code, &EXAMPLE)
            );
            assert!(protocol.contains(&row), "docs/PROTOCOL.md lacks {row}");
        }
    }

    #[test]
    fn statuses_are_errors_and_server_faults_can_be_retried() {
        for code in Code::ALL {
            assert!((400..=599).contains(&code.status()), "{code:?}");
            assert!(
                code.retry() || code.status() < 429,
                "{code:?} is passing and must say so"
            );
        }
    }
}
