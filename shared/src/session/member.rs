//! Who may use a session.

use chrono::{DateTime, Utc};
use serde::Serialize;
use tokio_postgres::{Row, types::Type};
use uuid::Uuid;

use super::{Membership, Role, SessionError, Visitor, recent};
use crate::{App, code::log_failure, frame::ServerFrame, timestamp};

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
    pub(super) fn from_row(row: &Row) -> Self {
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
    let max = i32::try_from(app.config.members_per_session).unwrap_or(i32::MAX);
    let params = [
        membership.param(),
        (&member as _, Type::UUID),
        (&role.as_str() as _, Type::TEXT),
        (&max as _, Type::INT4),
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
    let row = rows.first().ok_or(SessionError::Full)?;
    // Another role is told as well: whoever shows the members replaces the one they have.
    announce(app, membership, member).await;
    Ok(Member::from_row(row))
}

/// Removes a member. The owner may remove others, and others may leave; the owner stays until the session is deleted. It may be said again,
/// after a lost answer, and the members are told again: whoever did it may not have come to that.
pub async fn remove_member(app: &App, visitor: Visitor, member: Uuid) -> Result<(), SessionError> {
    const SQL: &str =
        "DELETE FROM members WHERE session_id = $1 AND user_id = $2 AND role <> 'owner'";
    let leaves = member == visitor.user();
    let membership = match visitor.enter(&app.database).await {
        // They have left before; the others are not theirs to tell any more.
        Err(SessionError::NotAMember) if leaves => return Ok(()),
        entered => entered?,
    };
    if (membership.role() == Role::Owner) == leaves {
        return Err(SessionError::Forbidden);
    }
    app.database
        .query(SQL, &[membership.param(), (&member, Type::UUID)])
        .await?;
    recent::forget(app, membership.session()).await?;
    let frame = ServerFrame::MemberLeft {
        session_id: membership.session().as_str(),
        user_id: member,
    };
    let mut users = user_ids(&audience(app, &membership).await);
    users.push(member);
    tell(app, &users, &frame).await;
    Ok(())
}

/// Tells all members of one who has come, or has another role. Whoever reads from now on must see them: the cached list does not.
pub(super) async fn announce(app: &App, membership: &Membership, member: Uuid) {
    if let Err(error) = recent::forget(app, membership.session()).await {
        // Whom the list does not know is looked up, and it lapses within a minute.
        log_failure(&error, "noting a change of members");
    }
    let members = audience(app, membership).await;
    if let Some(member) = members.iter().find(|other| other.user_id == member) {
        let session_id = membership.session().as_str();
        let frame = ServerFrame::MemberJoined { session_id, member };
        tell(app, &user_ids(&members), &frame).await;
    }
}

/// Whom to tell of a change of members. What fails here and after is no fault of the caller: clients read the list.
async fn audience(app: &App, membership: &Membership) -> Vec<Member> {
    list_members(app, membership).await.unwrap_or_else(|error| {
        log_failure(&error, "finding whom to tell of a member");
        Vec::new()
    })
}

fn user_ids(members: &[Member]) -> Vec<Uuid> {
    members.iter().map(|member| member.user_id).collect()
}

async fn tell(app: &App, users: &[Uuid], frame: &ServerFrame<'_>) {
    if let Err(error) = app.push.to_users(users, None, frame).await {
        log_failure(&error, "telling of a member");
    }
}
