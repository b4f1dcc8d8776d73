//! History: older messages, page by page.

use tokio_postgres::types::Type;

use super::{Encoded, Message, SyncError};
use crate::{
    App,
    rest::{MAX_PAGE_BYTES, fitting},
    session::{SessionError, Visitor, not_ended},
};

/// Some messages before a place in a session.
#[derive(Debug)]
pub struct HistoryPage {
    /// In the order of their `seq`.
    pub messages: Vec<Encoded>,
    /// Whether there are no older ones.
    pub complete: bool,
}

/// The newest messages before a `seq`, or the newest of all without one: at most `limit`, and as many as an answer has room for.
pub async fn history(
    app: &App,
    visitor: &Visitor,
    before: Option<i64>,
    limit: usize,
) -> Result<HistoryPage, SyncError> {
    let fetched = limit as i64 + 1;
    let [session, user] = visitor.params();
    let params = [
        session,
        user,
        (&before as _, Type::INT8),
        (&fetched as _, Type::INT8),
    ];
    let rows = app
        .database
        .query(include_str!("sql/history.sql"), &params)
        .await?;
    let first = rows.first().ok_or(SessionError::NotAMember)?;
    not_ended(first)?;
    let mut messages: Vec<Encoded> = rows
        .iter()
        .filter_map(|row| Message::from_optional_row(visitor.session(), row))
        .map(|message| Encoded::new(&message))
        .collect();
    let lengths = messages.iter().map(|message| message.json().len());
    let kept = fitting(lengths, MAX_PAGE_BYTES).0.min(limit);
    let complete = kept == messages.len();
    messages.truncate(kept);
    messages.reverse();
    Ok(HistoryPage { messages, complete })
}
