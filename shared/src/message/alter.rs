//! An edit or a deletion, from the limits to the pushes.

use serde_json::{Value, json};
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::{
    Acked, Edit, Message, Receipt,
    round::{Altered, Round, Sender},
};
use crate::{
    App,
    code::{Code, Coded},
    database::DatabaseError,
    entry::EntryError,
    limit::Rate,
    session::{Epoch, Visitor, interval},
};

/// What shall become of a message.
#[derive(Debug)]
pub struct Alteration {
    /// The message.
    pub message: Uuid,
    /// The revision that the client saw.
    pub rev: i32,
    /// What shall stand there; none deletes it.
    pub edit: Option<Edit>,
}

/// Why a message stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum AlterError {
    /// Too many messages, or the end of the sender's sign-in.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// Somebody was faster, or it is deleted. Holds the message as it stands.
    #[error("the message has been altered since")]
    Conflict(Box<Message>),
    /// Its author edits it; its author and the session's owner delete it.
    #[error("the message is somebody else's")]
    Forbidden,
    /// There is no such message in the session, or not any more.
    #[error("there is no such message in the session")]
    MessageNotFound,
    /// A session of other people, or none at all.
    #[error("the user is not a member of the session")]
    NotAMember,
    /// The session is past its end.
    #[error("the session has expired")]
    SessionExpired,
    /// PostgreSQL did not answer. Whether the message was altered is not known; its revision makes another try safe.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl Coded for AlterError {
    fn code(&self) -> Code {
        match self {
            Self::Entry(error) => error.code(),
            Self::Conflict(_) => Code::Conflict,
            Self::Forbidden => Code::Forbidden,
            Self::MessageNotFound => Code::MessageNotFound,
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

    fn current(&self) -> Option<Value> {
        match self {
            Self::Conflict(message) => Some(json!(message)),
            _ => None,
        }
    }
}

/// Alters a message and tells everybody else. The answer is the ack: it exists only after the commit.
///
/// One round trip to PostgreSQL and two to Redis.
pub async fn alter(
    app: &App,
    sender: &Sender<'_>,
    alteration: &Alteration,
) -> Result<Acked, AlterError> {
    let round = Round::begin(app, sender).await?;
    let outcome = store(app, sender.visitor, alteration).await?;
    let reached = match &outcome {
        Ok(Stored {
            message,
            epoch,
            new: Some((was, audience)),
        }) => {
            let altered = Altered::new(message, Some(*was), epoch);
            Some(round.end(app, sender, &altered, audience).await?)
        }
        Ok(Stored { message, epoch, .. }) => {
            round.settle(app, message.change, epoch).await?;
            None
        }
        Err(_) => {
            round.withdraw(app).await;
            None
        }
    };
    let stored = outcome?;
    Ok(Acked {
        receipt: Receipt::from(&stored.message),
        cursor: stored.epoch.at(stored.message.change),
        duplicate: stored.new.is_none(),
        reached,
        rate: round.rate,
    })
}

/// A message that stands as it was asked for.
struct Stored {
    message: Message,
    epoch: Epoch,
    /// Its change before, and whom to tell; none if the same had been stored before.
    new: Option<(i64, Vec<Uuid>)>,
}

/// One statement, one round trip. It may run twice, because its revision makes the second run a duplicate.
async fn store(
    app: &App,
    visitor: &Visitor,
    alteration: &Alteration,
) -> Result<Result<Stored, AlterError>, DatabaseError> {
    let content = alteration.edit.as_ref().map(|edit| &edit.content);
    let metadata = alteration
        .edit
        .as_ref()
        .and_then(|edit| edit.metadata.as_ref());
    let metadata = metadata.map(Value::to_string);
    let lifetime = interval(app.config.session_lifetime());
    let [session, user] = visitor.params();
    let params = [
        session,
        user,
        (&alteration.message as _, Type::UUID),
        (&alteration.rev as _, Type::INT4),
        (&content as _, Type::TEXT),
        (&metadata as _, Type::TEXT),
        (&lifetime as _, Type::TEXT),
    ];
    let rows = app
        .database
        .query(include_str!("sql/alter.sql"), &params)
        .await?;
    let Some(row) = rows.first() else {
        return Ok(Err(AlterError::NotAMember));
    };
    let session = visitor.session();
    let stored = |new| Stored {
        message: Message::from_row(session, row),
        epoch: Epoch::from_column(row.get("epoch")),
        new,
    };
    Ok(match row.get("outcome") {
        "altered" => Ok(stored(Some((row.get("was"), row.get("audience"))))),
        "duplicate" => Ok(stored(None)),
        "conflict" => Err(AlterError::Conflict(Box::new(Message::from_row(
            session, row,
        )))),
        "forbidden" => Err(AlterError::Forbidden),
        "message_not_found" => Err(AlterError::MessageNotFound),
        "session_expired" => Err(AlterError::SessionExpired),
        _ => Err(AlterError::NotAMember),
    })
}
