//! A session as a member sees it: opened, read, deleted.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value};
use tokio_postgres::{Row, types::Type};
use uuid::Uuid;

use super::{Cursor, Epoch, Membership, Role, SessionError, SessionId, Visitor, recent};
use crate::{
    App,
    code::log_failure,
    field::{growth, has_nul},
    frame::ServerFrame,
    message::Message,
    timestamp,
    token::KeyRing,
};

/// The settings as JSON in UTF-8, like a message's metadata. Every send writes its session's row anew, and they are in it.
pub const MAX_SETTINGS_BYTES: usize = 4 * 1024;

/// What a session is called: 1 to 200 characters, trimmed, none of them a control character.
#[derive(Debug, Clone)]
pub struct Title(pub(super) String);

impl Title {
    /// `None` for a title that is blank, too long or not plain.
    pub fn parse(raw: &str) -> Option<Self> {
        let title = raw.trim();
        let plain = !title.chars().any(char::is_control);
        (plain && (1..=200).contains(&title.chars().count())).then(|| Self(title.to_owned()))
    }
}

/// What an owner keeps with a session: a JSON object that means nothing to the server.
#[derive(Debug, Clone)]
pub struct Settings(pub(super) String);

impl Settings {
    /// `None` for what is larger than [`MAX_SETTINGS_BYTES`] or has a NUL character, which PostgreSQL cannot store. Numbers count without
    /// exponents, as PostgreSQL writes them.
    pub fn new(object: Map<String, Value>) -> Option<Self> {
        let settings = Value::Object(object);
        let json = settings.to_string();
        let fits = json.len() + growth(&settings) <= MAX_SETTINGS_BYTES;
        (fits && !has_nul(&settings)).then_some(Self(json))
    }
}

/// A session as one of its members sees it.
#[derive(Debug, Serialize)]
pub struct Session {
    /// Signed.
    pub session_id: String,
    /// What it is called, if anything.
    pub title: Option<String>,
    /// A JSON object of its owner's.
    pub settings: Value,
    /// Counts the revisions of title and settings from 1.
    pub version: i32,
    /// The reader's own role.
    pub role: Role,
    /// Number of the latest alteration of its messages.
    pub change: i64,
    /// For a reader who loads everything up to that.
    pub cursor: Cursor,
    /// The newest message, by `seq`, that the reader has seen; 0 for none.
    pub read_seq: i64,
    /// Messages of others after that, among the newest 1,000 and without the deleted; 100 stands for 100 or more.
    pub unread: i64,
    /// The newest message, be it a tombstone.
    pub last_message: Option<Message>,
    /// When it was opened.
    #[serde(with = "timestamp")]
    pub created_at: DateTime<Utc>,
    /// When it ends unless somebody writes.
    #[serde(with = "timestamp")]
    pub expires_at: DateTime<Utc>,
}

impl Session {
    pub(super) fn from_row(keys: &KeyRing, row: &Row) -> Self {
        let id = SessionId::sign(keys, row.get("session_id"));
        let change = row.get("head");
        Self {
            session_id: id.as_str().to_owned(),
            title: row.get("title"),
            settings: row.get("settings"),
            version: row.get("version"),
            role: Role::from_column(row.get("own_role")),
            change,
            cursor: Epoch::from_column(row.get("epoch")).at(change),
            read_seq: row.get("read_seq"),
            unread: row.get("unread"),
            last_message: Message::from_optional_row(&id, row),
            created_at: row.get("opened_at"),
            expires_at: row.get("expires_at"),
        }
    }
}

/// Opens a session that its opener owns and that ends after `lifetime` without a message.
pub async fn create(
    app: &App,
    owner: Uuid,
    title: Option<Title>,
    settings: Option<Settings>,
    lifetime: Duration,
) -> Result<Session, SessionError> {
    let (id, title, lifetime) = (
        Uuid::now_v7(),
        title.map(|title| title.0),
        interval(lifetime),
    );
    let settings = settings.map_or_else(|| "{}".to_owned(), |settings| settings.0);
    let max = i32::try_from(app.config.sessions_per_user).unwrap_or(i32::MAX);
    let params = [
        (&id as _, Type::UUID),
        (&title as _, Type::TEXT),
        (&settings as _, Type::TEXT),
        (&lifetime as _, Type::TEXT),
        (&owner as _, Type::UUID),
        (&max as _, Type::INT4),
    ];
    let rows = app
        .database
        .query_once(include_str!("sql/create.sql"), &params)
        .await?;
    rows.first()
        .map(|row| Session::from_row(&app.session_keys, row))
        .ok_or(SessionError::Full)
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

/// Deletes a session and tells its members. Its owner may. Its messages become orphans, which nobody can reach and which cleanup
/// removes.
pub async fn delete(app: &App, membership: &Membership) -> Result<(), SessionError> {
    membership.require_owner()?;
    let rows = app
        .database
        .query(include_str!("sql/delete.sql"), &[membership.param()])
        .await?;
    recent::forget(app, membership.session()).await?;
    // No row: somebody else did the same a moment ago and told them, or this ran twice, and whom to tell went with the first run.
    if let Some(row) = rows.first() {
        let frame = ServerFrame::SessionDeleted {
            session_id: membership.session().as_str(),
        };
        tell(app, row.get("audience"), &frame).await;
    }
    Ok(())
}

/// Pushes a hint to all sockets of some users. Whoever it does not reach finds out by the list of sessions.
pub(super) async fn tell(app: &App, audience: Vec<Uuid>, frame: &ServerFrame<'_>) {
    if let Err(error) = app.push.to_users(&audience, None, frame).await {
        log_failure(&error, "telling of a session");
    }
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
    fn settings_fit_in_4_kib_and_in_the_database() {
        let settings = |text: String| {
            let object = serde_json::json!({ "a": text });
            Settings::new(object.as_object().cloned().unwrap())
        };
        let overhead = r#"{"a":""}"#.len();
        assert!(settings("x".repeat(MAX_SETTINGS_BYTES - overhead)).is_some());
        assert!(settings("x".repeat(MAX_SETTINGS_BYTES - overhead + 1)).is_none());
        assert!(settings("\0".to_owned()).is_none());
    }

    #[test]
    fn a_title_is_plain() {
        // PostgreSQL could not store the first, and a list could not show the second.
        assert!(Title::parse("a\0b").is_none());
        assert!(Title::parse("a\nb").is_none());
    }
}
