//! Why a dial was not set.

use axum::http::StatusCode;

use crate::schedule::RunError;

/// Nothing stands between the functions and this server, so that nothing can be cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the stack did not start this server: only one that it has started itself can be cut or slowed"
)]
pub struct NoServer;

/// Why a request to `/_local` was refused. The text says what to do instead.
#[derive(Debug, thiserror::Error)]
pub enum DialError {
    /// The body is no JSON, or has a member that is missing, unknown or of another form.
    #[error("the body does not fit: {0}")]
    Body(#[from] serde_json::Error),
    /// The body could not be read.
    #[error("the body could not be read")]
    Unreadable,
    /// Each alone would fit; together they say nothing.
    #[error("{0}")]
    Contradiction(&'static str),
    /// A count of nothing.
    #[error("{0} is 0: a fault has to happen at least once; DELETE takes it back")]
    Zero(&'static str),
    /// Not a status that a post can be refused with.
    #[error("a post cannot be refused with {0}: choose 410, 429 or 500")]
    Status(u16),
    /// Not a function of the template.
    #[error("there is no function {name}; there are: {known}")]
    Function {
        /// What was asked for.
        name: String,
        /// The logical ids, separated by commas.
        known: String,
    },
    /// No such schedule, or Lambda refused it.
    #[error(transparent)]
    Schedule(#[from] RunError),
    /// The server is not the stack's own.
    #[error(transparent)]
    NoServer(#[from] NoServer),
    /// Beyond the calendar.
    #[error("the clock cannot be moved on so far")]
    TooFar,
    /// Not a path of this API.
    #[error("there is no {0} here: try /_local/clock, /_local/dials or /_local/schedules")]
    Path(String),
}

impl DialError {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Body(_)
            | Self::Unreadable
            | Self::Contradiction(_)
            | Self::Zero(_)
            | Self::Status(_)
            | Self::TooFar => StatusCode::BAD_REQUEST,
            Self::Function { .. } | Self::Path(_) | Self::Schedule(RunError::Unknown(_)) => {
                StatusCode::NOT_FOUND
            }
            Self::NoServer(_) => StatusCode::CONFLICT,
            Self::Schedule(RunError::Invoke(_)) => StatusCode::BAD_GATEWAY,
        }
    }
}
