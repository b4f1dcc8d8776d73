//! Invites: a link lets one more user into a session, once.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::{
    Membership, Role, Session, SessionError, SessionId, Visitor, find, interval, member::announce,
};
use crate::{
    App,
    code::{Code, Coded},
    database::DatabaseError,
    timestamp,
};

/// Invites of one session that may be open at a time: more are no invites but a leak.
const MAX_OPEN: i32 = 100;
/// A longer text is no secret of ours.
const MAX_SECRET_BYTES: usize = 64;

/// An open invite, as the owner sees it. The secret is not in it: it is shown once.
#[derive(Debug, Serialize)]
pub struct Invite {
    /// Names it, and opens nothing.
    pub invite_id: Uuid,
    /// What the newcomer will be.
    pub role: Role,
    /// When it was made.
    #[serde(with = "timestamp")]
    pub created_at: DateTime<Utc>,
    /// When it ends.
    #[serde(with = "timestamp")]
    pub expires_at: DateTime<Utc>,
}

/// An invite that has just been made, with its secret, in the only place where that stands.
#[derive(Debug, Serialize)]
pub struct NewInvite {
    /// Names it, and opens nothing.
    pub invite_id: Uuid,
    /// The secret for the link.
    pub invite: String,
    /// What the newcomer will be.
    pub role: Role,
    /// When it ends.
    #[serde(with = "timestamp")]
    pub expires_at: DateTime<Utc>,
}

/// Why there is no invite, or none that lets anybody in.
#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    /// Unknown, used by somebody else, revoked or expired: which of them, nobody is told.
    #[error("the invite is not valid")]
    Invalid,
    /// The session has too many open invites, or too many members.
    #[error("the session has as many as are allowed")]
    Full,
    /// Something about the session.
    #[error(transparent)]
    Session(#[from] SessionError),
}

impl Coded for InviteError {
    fn code(&self) -> Code {
        match self {
            Self::Invalid => Code::InviteInvalid,
            Self::Full => Code::LimitReached,
            Self::Session(error) => error.code(),
        }
    }
}

impl From<DatabaseError> for InviteError {
    fn from(error: DatabaseError) -> Self {
        Self::Session(error.into())
    }
}

fn digest(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}

/// Makes an invite. The owner may; that role is not given away.
pub async fn make_invite(
    app: &App,
    membership: &Membership,
    role: Role,
    lifetime: Duration,
) -> Result<NewInvite, InviteError> {
    const SQL: &str =
        "SELECT made, expires_at FROM invite_make($1, $2, $3, $4, $5::text::interval, $6)";
    membership.require_owner()?;
    if role == Role::Owner {
        return Err(SessionError::Forbidden.into());
    }
    let (invite_id, invite) = (
        Uuid::now_v7(),
        URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()),
    );
    let params = [
        membership.param(),
        (&invite_id as _, Type::UUID),
        (&role.as_str() as _, Type::TEXT),
        (&digest(&invite) as _, Type::BYTEA),
        (&interval(lifetime) as _, Type::TEXT),
        (&MAX_OPEN as _, Type::INT4),
    ];
    let rows = app.database.query_once(SQL, &params).await?;
    let row = rows
        .first()
        .filter(|row| row.get("made"))
        .ok_or(InviteError::Full)?;
    Ok(NewInvite {
        invite_id,
        invite,
        role,
        expires_at: row.get("expires_at"),
    })
}

/// The open invites of a session, oldest first. Its owner may see them.
pub async fn list_invites(app: &App, membership: &Membership) -> Result<Vec<Invite>, InviteError> {
    const SQL: &str = "SELECT id, role, created_at, expires_at FROM invites \
                       WHERE session_id = $1 AND used_by IS NULL AND expires_at > now() ORDER BY id";
    membership.require_owner()?;
    let rows = app.database.query(SQL, &[membership.param()]).await?;
    let invite = |row: &tokio_postgres::Row| Invite {
        invite_id: row.get("id"),
        role: Role::from_column(row.get("role")),
        created_at: row.get("created_at"),
        expires_at: row.get("expires_at"),
    };
    Ok(rows.iter().map(invite).collect())
}

/// Revokes an invite. The owner may.
pub async fn revoke_invite(
    app: &App,
    membership: &Membership,
    invite_id: Uuid,
) -> Result<(), InviteError> {
    const SQL: &str = "DELETE FROM invites \
                       WHERE session_id = $1 AND id = $2 AND used_by IS NULL RETURNING id";
    membership.require_owner()?;
    let params = [membership.param(), (&invite_id, Type::UUID)];
    let rows = app.database.query(SQL, &params).await?;
    if rows.is_empty() {
        Err(InviteError::Invalid)
    } else {
        Ok(())
    }
}

/// Uses an invite up, and gives the session as its new member sees it, also to one who comes again. Who is a member in another way sees it
/// too, and leaves the invite as it is.
pub async fn accept_invite(app: &App, user: Uuid, secret: &str) -> Result<Session, InviteError> {
    const SQL: &str = "SELECT outcome, session_id FROM invite_accept($1, $2, $3)";
    if secret.len() > MAX_SECRET_BYTES {
        return Err(InviteError::Invalid);
    }
    let max = i32::try_from(app.config.members_per_session).unwrap_or(i32::MAX);
    let params = [
        (&digest(secret) as _, Type::BYTEA),
        (&user as _, Type::UUID),
        (&max as _, Type::INT4),
    ];
    // It may run twice: the second run finds who has joined by it.
    let rows = app.database.query(SQL, &params).await?;
    let row = rows.first().ok_or(InviteError::Invalid)?;
    let session = || SessionId::sign(&app.session_keys, row.get("session_id"));
    match row.get("outcome") {
        "joined" => {
            let membership = Visitor::new(user, session()).enter(&app.database).await?;
            announce(app, &membership, user).await;
            Ok(find(app, membership.visitor()).await?)
        }
        "member" => Ok(find(app, &Visitor::new(user, session())).await?),
        "full" => Err(InviteError::Full),
        _ => Err(InviteError::Invalid),
    }
}
