//! Since-sync: what a device missed, and proof that it has everything.

use chrono::{DateTime, Utc};
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::{Message, Page};
use crate::{
    App,
    code::{Code, Coded, log_failure},
    database::DatabaseError,
    session::{
        SessionError, Visitor, not_ended,
        recent::{self, Reading, Recent},
    },
};

/// Where a reader left off.
#[derive(Debug, Clone, Copy)]
pub enum Since {
    /// A cursor: the newest change that the reader has.
    Change(i64),
    /// A time: the reader has everything up to it.
    Time(DateTime<Utc>),
    /// A message's id: the reader has everything up to it.
    Message(Uuid),
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The session is not the reader's, or not any more.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The message that the reader left off at is not in the session, or past retention.
    #[error("there is no such message in the session")]
    MessageNotFound,
}

impl Coded for SyncError {
    fn code(&self) -> Code {
        match self {
            Self::Session(error) => error.code(),
            Self::MessageNotFound => Code::MessageNotFound,
        }
    }
}

impl From<DatabaseError> for SyncError {
    fn from(error: DatabaseError) -> Self {
        Self::Session(error.into())
    }
}

/// What follows, at most `limit` messages. From the recent list in one round trip to Redis when it reaches back far enough; else
/// from PostgreSQL.
pub async fn since(
    app: &App,
    visitor: &Visitor,
    from: Since,
    limit: usize,
) -> Result<Page, SyncError> {
    if let Some(list) = recent_list(app, visitor, from).await?
        && let Some(page) = page_of(list, from, limit)
    {
        return Ok(page);
    }
    stored_page(app, visitor, from, limit).await
}

/// The recent list, refilled if it was missing; `None` when it cannot be trusted or had.
async fn recent_list(
    app: &App,
    visitor: &Visitor,
    from: Since,
) -> Result<Option<Recent>, SyncError> {
    if !app.config.cache {
        return Ok(None);
    }
    let cursor = if let Since::Change(change) = from {
        Some(change)
    } else {
        None
    };
    match recent::read(&app.cache, visitor, cursor).await {
        Ok(Reading::Hit(list)) => Ok(Some(list)),
        Ok(Reading::Miss(lease)) => Ok(Some(recent::refill(app, visitor, lease).await?)),
        Ok(Reading::Busy) => Ok(None),
        Err(error) => {
            log_failure(&error, "reading a session's recent list");
            Ok(None)
        }
    }
}

/// A page from the recent list, unless the reader left off before its floor.
fn page_of(list: Recent, from: Since, limit: usize) -> Option<Page> {
    let cursor = cursor_in(&list, from)?;
    let mut messages: Vec<Message> = list
        .messages
        .into_iter()
        .filter(|message| message.change > cursor)
        .collect();
    let cut = messages.len() > limit;
    messages.truncate(limit);
    Some(Page::new(messages, cursor, list.head, cut))
}

fn cursor_in(list: &Recent, from: Since) -> Option<i64> {
    let cursor = match from {
        Since::Change(change) => change,
        Since::Message(id) => list.messages.iter().find(|message| message.id == id)?.seq,
        Since::Time(time) => {
            let seen = list
                .messages
                .iter()
                .filter(|message| message.created_at <= time)
                .map(|message| message.seq);
            // Nothing that old in the list: only a list that reaches back to the beginning can tell that there is nothing.
            seen.max().or((list.floor == 0).then_some(0))?
        }
    };
    (cursor >= list.floor).then_some(cursor)
}

async fn stored_page(
    app: &App,
    visitor: &Visitor,
    from: Since,
    limit: usize,
) -> Result<Page, SyncError> {
    let (change, time, id) = match from {
        Since::Change(change) => (Some(change), None, None),
        Since::Time(time) => (None, Some(time), None),
        Since::Message(id) => (None, None, Some(id)),
    };
    // One more than asked for tells whether there is more.
    let fetched = limit as i64 + 1;
    let [session, user] = visitor.params();
    let params = [
        session,
        user,
        (&change as _, Type::INT8),
        (&time as _, Type::TIMESTAMPTZ),
        (&id as _, Type::UUID),
        (&fetched as _, Type::INT8),
    ];
    let rows = app
        .database
        .query(include_str!("sql/since.sql"), &params)
        .await?;
    let first = rows.first().ok_or(SessionError::NotAMember)?;
    not_ended(first)?;
    let cursor: i64 = first
        .get::<_, Option<i64>>("cursor")
        .ok_or(SyncError::MessageNotFound)?;
    let head = first.get("head");
    let mut messages: Vec<Message> = rows
        .iter()
        .filter_map(|row| Message::from_optional_row(visitor.session(), row))
        .collect();
    let cut = messages.len() > limit;
    messages.truncate(limit);
    Ok(Page::new(messages, cursor, head, cut))
}
