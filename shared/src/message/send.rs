//! A send, from the limits to the pushes.

use super::{
    Draft, Receipt,
    round::{Altered, Round, Sender},
    store::{self, Stored},
};
use crate::{
    App,
    code::{Code, Coded},
    database::DatabaseError,
    entry::EntryError,
    limit::Rate,
    session::Cursor,
};

/// What an ack says.
#[derive(Debug)]
pub struct Acked {
    /// The message as it was stored, now or before.
    pub receipt: Receipt,
    /// The cursor of whoever has everything up to this.
    pub cursor: Cursor,
    /// Whether the same had been stored before.
    pub duplicate: bool,
    /// For how many other users the gateway took the push; none for a duplicate, about which nobody knows any more.
    pub reached: Option<usize>,
    /// What is left of the sender's rate; none where limits are not counted.
    pub rate: Option<Rate>,
}

/// Why nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// Too many messages, or the end of the sender's sign-in.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// The key stands for another message.
    #[error("the idempotency key stands for another message")]
    IdempotencyConflict,
    /// A session of other people, or none at all.
    #[error("the sender is not a member of the session")]
    NotAMember,
    /// The session is past its end.
    #[error("the session has expired")]
    SessionExpired,
    /// PostgreSQL did not answer. Whether the message was stored is not known; its key makes another try safe.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl Coded for SendError {
    fn code(&self) -> Code {
        match self {
            Self::Entry(error) => error.code(),
            Self::IdempotencyConflict => Code::IdempotencyConflict,
            Self::NotAMember => Code::NotAMember,
            Self::SessionExpired => Code::SessionExpired,
            Self::Database(error) => error.code(),
        }
    }

    fn retry_after(&self) -> Option<std::time::Duration> {
        match self {
            Self::Entry(error) => error.retry_after(),
            _ => None,
        }
    }

    fn rate(&self) -> Option<Rate> {
        match self {
            Self::Entry(error) => error.rate(),
            _ => None,
        }
    }
}

/// Stores a message and tells everybody else. The answer is the ack: it exists only after the commit.
///
/// One round trip to PostgreSQL and two to Redis.
pub async fn send(app: &App, sender: &Sender<'_>, draft: Draft) -> Result<Acked, SendError> {
    let round = Round::begin(app, sender).await?;
    let (receipt, epoch, reached) = match store::store(app, sender.visitor, draft).await? {
        Stored::New {
            message,
            epoch,
            audience,
        } => {
            let altered = Altered::new(&message, None, &epoch);
            let reached = round.end(app, sender, &altered, &audience).await?;
            (Receipt::from(&*message), epoch, Some(reached))
        }
        Stored::Duplicate { receipt, epoch } => {
            round.settle(app, receipt.change, &epoch).await?;
            (receipt, epoch, None)
        }
        Stored::Refused(error) => {
            round.withdraw(app).await;
            return Err(error);
        }
    };
    Ok(Acked {
        cursor: epoch.at(receipt.change),
        receipt,
        duplicate: reached.is_none(),
        reached,
        rate: round.rate,
    })
}
