//! Who may use a session.

use chrono::{DateTime, Utc};
use serde::Serialize;
use tokio_postgres::{Row, types::Type};
use uuid::Uuid;

use super::{Membership, Role, SessionError, recent};
use crate::{App, timestamp};

/// A member of a session, as the others see them.
#[derive(Debug, Serialize)]
pub struct Member {
    /// The user.
    pub user_id: Uuid,
    /// Their role.
    pub role: Role,
    /// The newest message, by `seq`, that they have seen; 0 for none.
    pub read_seq: i64,
    /// When they were added.
    #[serde(with = "timestamp")]
    pub joined_at: DateTime<Utc>,
}

impl Member {
    fn from_row(row: &Row) -> Self {
        Self {
            user_id: row.get("user_id"),
            role: Role::from_column(row.get("role")),
            read_seq: row.get("read_seq"),
            joined_at: row.get("joined_at"),
        }
    }
}

/// Everybody in a session, in the order in which they came. Members may ask.
pub async fn list_members(app: &App, membership: &Membership) -> Result<Vec<Member>, SessionError> {
    const SQL: &str = "SELECT user_id, role, read_seq, joined_at FROM members \
                       WHERE session_id = $1 ORDER BY joined_at, user_id";
    let rows = app.database.query(SQL, &[membership.param()]).await?;
    Ok(rows.iter().map(Member::from_row).collect())
}

/// Adds a member, or gives one another role. The owner may; there is one owner, so that role is not given away here.
pub async fn add_member(
    app: &App,
    membership: &Membership,
    member: Uuid,
    role: Role,
) -> Result<Member, SessionError> {
    membership.require_owner()?;
    if member == membership.user() || role == Role::Owner {
        return Err(SessionError::Forbidden);
    }
    let params = [
        membership.param(),
        (&member as _, Type::UUID),
        (&role.as_str() as _, Type::TEXT),
    ];
    let rows = app
        .database
        .query(include_str!("sql/add_member.sql"), &params)
        .await
        .map_err(|error| {
            if error.violates("members_user_id_fkey") {
                SessionError::UserNotFound
            } else {
                error.into()
            }
        })?;
    // Whoever reads from now on must see the new member; the cached list does not.
    recent::forget(&app.cache, membership.session()).await;
    rows.first()
        .map(Member::from_row)
        .ok_or(SessionError::Forbidden)
}

/// Removes a member. The owner may remove others, and others may leave; the owner stays until the session is deleted.
pub async fn remove_member(
    app: &App,
    membership: &Membership,
    member: Uuid,
) -> Result<(), SessionError> {
    const SQL: &str = "DELETE FROM members WHERE session_id = $1 AND user_id = $2 AND role <> 'owner' RETURNING user_id";
    let leaves = member == membership.user();
    if (membership.role() == Role::Owner) == leaves {
        return Err(SessionError::Forbidden);
    }
    let rows = app
        .database
        .query(SQL, &[membership.param(), (&member, Type::UUID)])
        .await?;
    recent::forget(&app.cache, membership.session()).await;
    if rows.is_empty() {
        Err(SessionError::MemberNotFound)
    } else {
        Ok(())
    }
}
