//! How far a member has read.

use tokio_postgres::types::Type;
use uuid::Uuid;

use super::{SessionError, Visitor};
use crate::database::Database;

/// A read mark after it was moved.
#[derive(Debug)]
pub struct ReadMark {
    /// The newest message, by `seq`, that the member has seen.
    pub seq: i64,
    /// Every member, the reader too.
    pub audience: Vec<Uuid>,
}

/// Moves a member's read mark forward, never back and never past the newest message.
pub async fn mark_read(
    database: &Database,
    visitor: &Visitor,
    seq: i64,
) -> Result<ReadMark, SessionError> {
    const SQL: &str = "SELECT outcome, read_seq, audience FROM member_read($1, $2, $3)";
    let [session, user] = visitor.params();
    let row = database
        .query(SQL, &[session, user, (&seq, Type::INT8)])
        .await?
        .pop()
        .ok_or(SessionError::NotAMember)?;
    match row.get("outcome") {
        "read" => Ok(ReadMark {
            seq: row.get("read_seq"),
            audience: row.get("audience"),
        }),
        "session_expired" => Err(SessionError::Expired),
        _ => Err(SessionError::NotAMember),
    }
}
