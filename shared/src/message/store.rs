//! The one statement of a send.

use tokio_postgres::{Row, types::Type};
use uuid::Uuid;

use super::{Draft, Message, Receipt, SendError};
use crate::{
    App,
    database::{Database, DatabaseError},
    session::{Epoch, Role, SessionId, Visitor, interval},
};

/// A draft on its way into a session.
pub(super) struct NewMessage {
    visitor: Visitor,
    draft: Draft,
    id: Uuid,
    /// As JSON.
    metadata: String,
}

/// What became of a draft.
pub(super) enum Stored {
    /// It is stored; everybody in the audience is to be told, the sender's other devices too.
    New {
        message: Box<Message>,
        epoch: Epoch,
        audience: Vec<Uuid>,
    },
    /// The same draft was stored before.
    Duplicate { receipt: Receipt, epoch: Epoch },
    /// It is not.
    Refused(SendError),
}

/// Stores a draft: one statement, one round trip, which sends that wait at the same moment share. It may run twice, because its key
/// makes the second run a duplicate.
pub(super) async fn store(
    app: &App,
    visitor: &Visitor,
    draft: Draft,
) -> Result<Stored, DatabaseError> {
    let message = NewMessage::new(visitor, draft);
    match &app.sends {
        Some(queue) => queue.store(message).await,
        None => {
            let lifetime = interval(app.config.session_lifetime());
            one(&app.database, &lifetime, message).await
        }
    }
}

/// Stores one message. `lifetime`: how long the session lives on after it, an interval.
pub(super) async fn one(
    database: &Database,
    lifetime: &str,
    message: NewMessage,
) -> Result<Stored, DatabaseError> {
    let [session, user] = message.visitor.params();
    let params = [
        session,
        user,
        (&message.draft.key as _, Type::TEXT),
        (&message.id as _, Type::UUID),
        (&message.draft.content as _, Type::TEXT),
        (&message.metadata as _, Type::TEXT),
        (&lifetime as _, Type::TEXT),
    ];
    let rows = database
        .query(include_str!("sql/send.sql"), &params)
        .await?;
    Ok(match rows.first() {
        Some(row) => Stored::read(message, row),
        None => Stored::Refused(SendError::NotAMember),
    })
}

/// Stores several messages, all of them or none. Gives a row for each, with its place among them, from 1.
pub(super) async fn several(
    database: &Database,
    lifetime: &str,
    messages: &[&NewMessage],
) -> Result<Vec<Row>, DatabaseError> {
    let (sessions, users) = Visitor::columns(messages.iter().map(|message| &message.visitor));
    let ids: Vec<Uuid> = messages.iter().map(|message| message.id).collect();
    let texts = |field: fn(&NewMessage) -> &str| -> Vec<&str> {
        messages.iter().map(|message| field(message)).collect()
    };
    let keys = texts(|message| &message.draft.key);
    let contents = texts(|message| &message.draft.content);
    let metadata = texts(|message| &message.metadata);
    let params = [
        (&sessions as _, Type::UUID_ARRAY),
        (&users as _, Type::UUID_ARRAY),
        (&keys as _, Type::TEXT_ARRAY),
        (&ids as _, Type::UUID_ARRAY),
        (&contents as _, Type::TEXT_ARRAY),
        (&metadata as _, Type::TEXT_ARRAY),
        (&lifetime as _, Type::TEXT),
    ];
    database
        .query(include_str!("sql/send_all.sql"), &params)
        .await
}

impl NewMessage {
    pub(super) fn new(visitor: &Visitor, draft: Draft) -> Self {
        Self {
            visitor: visitor.clone(),
            id: Uuid::now_v7(),
            metadata: draft.metadata.to_string(),
            draft,
        }
    }

    pub(super) fn session(&self) -> &SessionId {
        self.visitor.session()
    }

    fn born(self, row: &Row) -> Message {
        Message {
            id: row.get("id"),
            session_id: self.session().as_str().to_owned(),
            seq: row.get("seq"),
            change: row.get("change"),
            rev: 1,
            user_id: self.visitor.user(),
            role: Role::from_column(row.get("role")),
            content: self.draft.content,
            metadata: self.draft.metadata,
            created_at: row.get("created_at"),
            edited_at: None,
            deleted_at: None,
        }
    }
}

impl Stored {
    /// What a row says of its message.
    pub(super) fn read(message: NewMessage, row: &Row) -> Self {
        let epoch = |row: &Row| Epoch::from_column(row.get("epoch"));
        match row.get("outcome") {
            "stored" => Self::New {
                epoch: epoch(row),
                audience: row.get("audience"),
                message: Box::new(message.born(row)),
            },
            "duplicate" => Self::Duplicate {
                receipt: first_ack(message.session(), row),
                epoch: epoch(row),
            },
            "idempotency_conflict" => Self::Refused(SendError::IdempotencyConflict),
            "session_expired" => Self::Refused(SendError::SessionExpired),
            _ => Self::Refused(SendError::NotAMember),
        }
    }
}

/// What the first ack said, whatever became of the message since.
fn first_ack(session: &SessionId, row: &Row) -> Receipt {
    Receipt {
        id: row.get("id"),
        session_id: session.as_str().to_owned(),
        seq: row.get("seq"),
        change: row.get("change"),
        rev: 1,
        created_at: row.get("created_at"),
        edited_at: None,
        deleted_at: None,
    }
}
