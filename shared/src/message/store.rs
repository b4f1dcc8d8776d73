//! The one statement of a send.

use tokio_postgres::{Row, types::Type};
use uuid::Uuid;

use super::{Draft, Message, Receipt, SendError};
use crate::{
    App,
    database::DatabaseError,
    session::{Epoch, Role, SessionId, Visitor, interval},
};

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

/// Stores a draft: one statement, one round trip. It may run twice, because its key makes the second run a duplicate.
pub(super) async fn store(
    app: &App,
    visitor: &Visitor,
    draft: Draft,
) -> Result<Stored, DatabaseError> {
    let (id, metadata) = (Uuid::now_v7(), draft.metadata.to_string());
    let lifetime = interval(app.config.message_retention);
    let [session, user] = visitor.params();
    let params = [
        session,
        user,
        (&draft.key as _, Type::TEXT),
        (&id as _, Type::UUID),
        (&draft.content as _, Type::TEXT),
        (&metadata as _, Type::TEXT),
        (&lifetime as _, Type::TEXT),
    ];
    let rows = app
        .database
        .query(include_str!("sql/send.sql"), &params)
        .await?;
    let Some(row) = rows.first() else {
        return Ok(Stored::Refused(SendError::NotAMember));
    };
    Ok(match row.get("outcome") {
        "stored" => Stored::New {
            message: Box::new(born(visitor, draft, row)),
            epoch: Epoch::from_column(row.get("epoch")),
            audience: row.get("audience"),
        },
        "duplicate" => Stored::Duplicate {
            receipt: first_ack(visitor.session(), row),
            epoch: Epoch::from_column(row.get("epoch")),
        },
        "idempotency_conflict" => Stored::Refused(SendError::IdempotencyConflict),
        "session_expired" => Stored::Refused(SendError::SessionExpired),
        _ => Stored::Refused(SendError::NotAMember),
    })
}

fn born(visitor: &Visitor, draft: Draft, row: &Row) -> Message {
    Message {
        id: row.get("id"),
        session_id: visitor.session().as_str().to_owned(),
        seq: row.get("seq"),
        change: row.get("change"),
        rev: 1,
        user_id: visitor.user(),
        role: Role::from_column(row.get("role")),
        content: draft.content,
        metadata: draft.metadata,
        created_at: row.get("created_at"),
        edited_at: None,
        deleted_at: None,
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
