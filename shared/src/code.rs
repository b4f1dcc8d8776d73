//! The one table of errors: what every code means over HTTP and in words, and whether to try again.
//!
//! A domain function returns its own noun's error; [`Coded`] says which code that is; the boundary turns the code into an `error`
//! frame or an `application/problem+json` body. Nothing else of an error reaches a client.

use std::{error::Error, time::Duration};

use crate::limit::Rate;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $status:literal, $retry:literal, $message:literal;)*) => {
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

            /// What a reader is told, in English.
            pub const fn message(self) -> &'static str {
                match self { $(Self::$name => $message,)* }
            }
        }
    };
}

codes! {
    /// A frame that is not a JSON object with a `type`.
    MalformedFrame = "malformed_frame", 400, false, "The frame is not a JSON object with a type.";
    /// A frame whose `type` nobody knows.
    UnknownType = "unknown_type", 400, false, "This type of frame is not known.";
    /// A request body that is not a JSON object.
    MalformedBody = "malformed_body", 400, false, "The body is not a JSON object.";
    /// A field that is missing or has the wrong form.
    InvalidField = "invalid_field", 400, false, "A field is missing or has the wrong form.";
    /// A message without text.
    MessageEmpty = "message_empty", 400, false, "The message is empty.";
    /// A message whose text is too long.
    MessageTooLarge = "message_too_large", 413, false, "The message is too long.";
    /// A message whose metadata is too large.
    MetadataTooLarge = "metadata_too_large", 413, false, "The metadata is too large.";
    /// The idempotency key stands for another message.
    IdempotencyConflict = "idempotency_conflict", 409, false, "This id was already used for another message.";
    /// Somebody altered it first; the answer has it as it stands.
    Conflict = "conflict", 409, false, "Somebody was faster. See what it is now, and try again.";
    /// A cursor of another life of the database.
    Reset = "reset", 410, false, "Start over: load this session anew.";
    /// A session id that we never signed.
    InvalidSessionId = "invalid_session_id", 400, false, "This is not a session's id.";
    /// A session of other people, or none at all: the two are not told apart.
    NotAMember = "not_a_member", 403, false, "You are not a member of this session.";
    /// A member without the right to do this.
    Forbidden = "forbidden", 403, false, "Your role does not allow this.";
    /// A session past its end.
    SessionExpired = "session_expired", 410, false, "This session has ended.";
    /// A user id that nobody has.
    UserNotFound = "user_not_found", 404, false, "There is no such user.";
    /// A member id that is not in the session.
    MemberNotFound = "member_not_found", 404, false, "There is no such member in this session.";
    /// A message id that is not in the session, or no longer.
    MessageNotFound = "message_not_found", 404, false, "There is no such message in this session.";
    /// A path that leads nowhere.
    NotFound = "not_found", 404, false, "There is nothing here.";
    /// No access token, or one that we did not sign.
    Unauthorized = "unauthorized", 401, false, "Sign in first.";
    /// An access token past its 15 minutes.
    TokenExpired = "token_expired", 401, true, "The access token has expired; refresh it.";
    /// An unknown user or a wrong password: the two are not told apart.
    InvalidCredentials = "invalid_credentials", 401, false, "The e-mail address or the password is wrong.";
    /// An address that has an account.
    EmailTaken = "email_taken", 409, false, "This e-mail address already has an account.";
    /// A guest's token that already has credentials.
    AlreadySignedUp = "already_signed_up", 409, false, "This user has already signed up.";
    /// Not an e-mail address.
    InvalidEmail = "invalid_email", 400, false, "This is not an e-mail address.";
    /// A password that is too short or too long.
    InvalidPassword = "invalid_password", 400, false, "A password has 8 to 256 characters.";
    /// A refresh token that is unknown or expired.
    RefreshTokenInvalid = "refresh_token_invalid", 401, false, "The refresh token is not valid; log in again.";
    /// A refresh token that was used before; its whole family is revoked.
    RefreshTokenReused = "refresh_token_reused", 401, false, "The refresh token was used before; log in again.";
    /// A ticket that we did not sign.
    TicketInvalid = "ticket_invalid", 401, false, "The ticket is not valid.";
    /// A ticket past its 30 seconds.
    TicketExpired = "ticket_expired", 401, true, "The ticket has expired; ask for a new one.";
    /// A ticket that has opened a socket before.
    TicketUsed = "ticket_used", 403, true, "The ticket was used before; ask for a new one.";
    /// Too much in too short a time.
    RateLimited = "rate_limited", 429, true, "Too many requests; slow down.";
    /// More than a day's share.
    QuotaExceeded = "quota_exceeded", 429, true, "Today's messages are used up.";
    /// A store is away, or too slow to answer.
    Unavailable = "unavailable", 503, true, "This is not available now; try again.";
    /// A fault of ours.
    Internal = "internal", 500, true, "Something went wrong on our side.";
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
                code.message()
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
