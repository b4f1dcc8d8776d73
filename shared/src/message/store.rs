//! The one statement of a send.

use chrono::{DateTime, Utc};
use tokio_postgres::{Row, types::Type};
use uuid::Uuid;

use super::{Draft, Message};
use crate::{
    App,
    database::DatabaseError,
    session::{Role, SessionId, Visitor, interval},
};

/// What became of a draft.
#[derive(Debug)]
pub(super) enum Stored {
    /// It is stored; everybody in the audience is to be told, the sender's other devices too.
    New {
        message: Box<Message>,
        audience: Vec<Uuid>,
    },
    /// The same draft was stored before.
    Duplicate(Receipt),
    /// Its key stands for another draft.
    Conflict,
    /// The sender is not a member.
    NotAMember,
    /// The session is past its end.
    Expired,
}

/// What an ack says of a message.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Receipt {
    /// The message's id.
    pub id: Uuid,
    /// Signed.
    pub session_id: String,
    /// Its place in the session.
    pub seq: i64,
    /// The change that it was born with.
    pub change: i64,
    /// Taken under the session's lock.
    #[serde(with = "crate::timestamp")]
    pub created_at: DateTime<Utc>,
}

impl Receipt {
    fn from_row(session: &SessionId, row: &Row) -> Self {
        Self {
            id: row.get("id"),
            session_id: session.as_str().to_owned(),
            seq: row.get("seq"),
            change: row.get("change"),
            created_at: row.get("created_at"),
        }
    }
}

impl From<&Message> for Receipt {
    fn from(message: &Message) -> Self {
        Self {
            id: message.id,
            session_id: message.session_id.clone(),
            seq: message.seq,
            change: message.change,
            created_at: message.created_at,
        }
    }
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
        return Ok(Stored::NotAMember);
    };
    Ok(match row.get("outcome") {
        "stored" => {
            let message = Box::new(born(visitor, draft, row));
            Stored::New {
                message,
                audience: row.get("audience"),
            }
        }
        "duplicate" => Stored::Duplicate(Receipt::from_row(visitor.session(), row)),
        "idempotency_conflict" => Stored::Conflict,
        "session_expired" => Stored::Expired,
        _ => Stored::NotAMember,
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
