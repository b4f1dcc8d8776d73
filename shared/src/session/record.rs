//! A session as a member sees it: opened, listed, renamed, deleted.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use tokio_postgres::{Row, types::Type};
use uuid::Uuid;

use super::{Membership, Role, SessionError, SessionId, Visitor, recent};
use crate::{App, timestamp, token::KeyRing};

/// A list shows at most so many sessions, the liveliest first.
const MAX_LISTED: i64 = 200;

/// What a session is called: 1 to 200 characters, trimmed, none of them a control character.
#[derive(Debug, Clone)]
pub struct Title(String);

impl Title {
    /// `None` for a title that is blank, too long or not plain.
    pub fn parse(raw: &str) -> Option<Self> {
        let title = raw.trim();
        let plain = !title.chars().any(char::is_control);
        (plain && (1..=200).contains(&title.chars().count())).then(|| Self(title.to_owned()))
    }
}

/// A session as one of its members sees it.
#[derive(Debug, Serialize)]
pub struct Session {
    /// Signed.
    pub session_id: String,
    /// What it is called, if anything.
    pub title: Option<String>,
    /// The reader's own role.
    pub role: Role,
    /// Number of the latest alteration of its messages.
    pub change: i64,
    /// When it was opened.
    #[serde(with = "timestamp")]
    pub created_at: DateTime<Utc>,
    /// When it ends unless somebody writes.
    #[serde(with = "timestamp")]
    pub expires_at: DateTime<Utc>,
}

impl Session {
    fn from_row(keys: &KeyRing, row: &Row) -> Self {
        Self {
            session_id: SessionId::sign(keys, row.get("id")).as_str().to_owned(),
            title: row.get("title"),
            role: Role::from_column(row.get("role")),
            change: row.get("change"),
            created_at: row.get("created_at"),
            expires_at: row.get("expires_at"),
        }
    }
}

/// Opens a session that its opener owns and that ends after `lifetime` without a message.
pub async fn create(
    app: &App,
    owner: Uuid,
    title: Option<Title>,
    lifetime: Duration,
) -> Result<Session, SessionError> {
    let (id, title, lifetime) = (
        Uuid::now_v7(),
        title.map(|title| title.0),
        interval(lifetime),
    );
    let max = i32::try_from(app.config.sessions_per_user).unwrap_or(i32::MAX);
    let rows = app
        .database
        .query_once(
            include_str!("sql/create.sql"),
            &[
                (&id, Type::UUID),
                (&title, Type::TEXT),
                (&lifetime, Type::TEXT),
                (&owner, Type::UUID),
                (&max, Type::INT4),
            ],
        )
        .await?;
    rows.first()
        .map(|row| Session::from_row(&app.session_keys, row))
        .ok_or(SessionError::Full)
}

/// The sessions of a user that have not ended, the liveliest first, at most 200.
pub async fn list(app: &App, user: Uuid) -> Result<Vec<Session>, SessionError> {
    let params = [(&user as _, Type::UUID), (&MAX_LISTED as _, Type::INT8)];
    let rows = app
        .database
        .query(include_str!("sql/list.sql"), &params)
        .await?;
    Ok(rows
        .iter()
        .map(|row| Session::from_row(&app.session_keys, row))
        .collect())
}

/// One session of a user. The statement answers members only.
pub async fn find(app: &App, visitor: &Visitor) -> Result<Session, SessionError> {
    let row = app
        .database
        .query(include_str!("sql/find.sql"), &visitor.params())
        .await?
        .pop()
        .ok_or(SessionError::NotAMember)?;
    not_ended(&row)?;
    Ok(Session::from_row(&app.session_keys, &row))
}

/// Gives a session another title, or none. Its owner may.
pub async fn rename(
    app: &App,
    membership: &Membership,
    title: Option<Title>,
) -> Result<Session, SessionError> {
    membership.require_owner()?;
    let title = title.map(|title| title.0);
    let params = [membership.param(), (&title as _, Type::TEXT)];
    app.database
        .query("UPDATE sessions SET title = $2 WHERE id = $1", &params)
        .await?;
    find(app, membership.visitor()).await
}

/// Deletes a session. Its owner may. Its messages become orphans, which nobody can reach and which cleanup removes.
pub async fn delete(app: &App, membership: &Membership) -> Result<(), SessionError> {
    membership.require_owner()?;
    app.database
        .query("DELETE FROM sessions WHERE id = $1", &[membership.param()])
        .await?;
    recent::forget(&app.cache, membership.session()).await;
    Ok(())
}

/// Refuses a session whose row says that it is past its end.
pub(crate) fn not_ended(row: &Row) -> Result<(), SessionError> {
    if row.get::<_, DateTime<Utc>>("expires_at") > Utc::now() {
        Ok(())
    } else {
        Err(SessionError::Expired)
    }
}

/// A duration as PostgreSQL reads an interval.
pub(crate) fn interval(duration: Duration) -> String {
    format!("{} milliseconds", duration.as_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_has_1_to_200_characters() {
        assert!(Title::parse(" \t").is_none());
        assert!(Title::parse(&"ü".repeat(200)).is_some());
        assert!(Title::parse(&"ü".repeat(201)).is_none());
    }

    #[test]
    fn a_title_is_plain() {
        // PostgreSQL could not store the first, and a list could not show the second.
        assert!(Title::parse("a\0b").is_none());
        assert!(Title::parse("a\nb").is_none());
    }
}
