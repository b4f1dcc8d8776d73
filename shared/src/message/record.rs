//! A message as its readers see it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::{
    session::{Role, SessionId},
    timestamp,
};

/// A message as its readers see it; also how it stands in the recent list.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Message {
    /// UUID v7, made by the server.
    pub id: Uuid,
    /// Signed.
    pub session_id: String,
    /// Its place in the session, for ever.
    pub seq: i64,
    /// Its latest alteration; a cursor.
    pub change: i64,
    /// Counts its revisions from 1.
    pub rev: i32,
    /// Who sent it.
    pub user_id: Uuid,
    /// The sender's role when it was sent.
    pub role: Role,
    /// The text.
    pub content: String,
    /// A JSON object of the sender's.
    pub metadata: Value,
    /// Strictly increases with `seq`.
    #[serde(with = "timestamp")]
    pub created_at: DateTime<Utc>,
    /// When it was last edited.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "timestamp::optional"
    )]
    pub edited_at: Option<DateTime<Utc>>,
    /// When it was deleted.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "timestamp::optional"
    )]
    pub deleted_at: Option<DateTime<Utc>>,
}

impl Message {
    /// Reads a row of `messages`; `None` where an outer join found none.
    pub(crate) fn from_optional_row(session: &SessionId, row: &Row) -> Option<Self> {
        row.get::<_, Option<Uuid>>("id")?;
        Some(Self::from_row(session, row))
    }

    /// Reads a row of `messages`.
    pub(crate) fn from_row(session: &SessionId, row: &Row) -> Self {
        Self {
            id: row.get("id"),
            session_id: session.as_str().to_owned(),
            seq: row.get("seq"),
            change: row.get("change"),
            rev: row.get("rev"),
            user_id: row.get("user_id"),
            role: Role::from_column(row.get("role")),
            content: row.get("content"),
            metadata: row.get("metadata"),
            created_at: row.get("created_at"),
            edited_at: row.get("edited_at"),
            deleted_at: row.get("deleted_at"),
        }
    }
}

/// What an ack says of a message.
#[derive(Debug, Clone, Serialize)]
pub struct Receipt {
    /// The message's id.
    pub id: Uuid,
    /// Signed.
    pub session_id: String,
    /// Its place in the session.
    pub seq: i64,
    /// The change that is acked.
    pub change: i64,
    /// The revision that this made.
    pub rev: i32,
    /// Taken under the session's lock.
    #[serde(with = "timestamp")]
    pub created_at: DateTime<Utc>,
    /// When it was last edited.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "timestamp::optional::serialize"
    )]
    pub edited_at: Option<DateTime<Utc>>,
    /// When it was deleted.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "timestamp::optional::serialize"
    )]
    pub deleted_at: Option<DateTime<Utc>>,
}

impl From<&Message> for Receipt {
    fn from(message: &Message) -> Self {
        Self {
            id: message.id,
            session_id: message.session_id.clone(),
            seq: message.seq,
            change: message.change,
            rev: message.rev,
            created_at: message.created_at,
            edited_at: message.edited_at,
            deleted_at: message.deleted_at,
        }
    }
}
