//! Why something about a session was refused.

use super::Session;
use crate::{
    code::{Code, Coded},
    database::DatabaseError,
};

/// Why something about a session was refused.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// A session of other people, or none at all.
    #[error("the user is not a member of the session")]
    NotAMember,
    /// The session is past its end.
    #[error("the session has expired")]
    Expired,
    /// The member's role does not allow it.
    #[error("the member's role does not allow this")]
    Forbidden,
    /// Somebody revised it first. Holds the session as it stands.
    #[error("the session has been revised since")]
    Conflict(Box<Session>),
    /// The user to add does not exist.
    #[error("there is no such user")]
    UserNotFound,
    /// The user owns as many sessions, or the session has as many members, as are allowed.
    #[error("there are as many as are allowed")]
    Full,
    /// PostgreSQL did not answer.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl Coded for SessionError {
    fn code(&self) -> Code {
        match self {
            Self::NotAMember => Code::NotAMember,
            Self::Expired => Code::SessionExpired,
            Self::Forbidden => Code::Forbidden,
            Self::Conflict(_) => Code::Conflict,
            Self::UserNotFound => Code::UserNotFound,
            Self::Full => Code::LimitReached,
            Self::Database(error) => error.code(),
        }
    }

    fn current(&self) -> Option<serde_json::Value> {
        match self {
            Self::Conflict(session) => Some(serde_json::json!(session)),
            _ => None,
        }
    }
}
