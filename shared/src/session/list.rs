//! A user's sessions, page by page.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};
use tokio_postgres::{Row, types::Type};
use uuid::Uuid;

use super::{Session, SessionError};
use crate::{
    App,
    rest::{MAX_PAGE_BYTES, fitting},
};

/// Sessions on a page, at most.
pub const MAX_LISTED: usize = 200;

/// A page of a user's sessions.
#[derive(Debug, Serialize)]
pub struct SessionPage {
    /// As JSON, the liveliest first.
    sessions: Vec<Box<RawValue>>,
    /// Where the next page begins; `None` after the last session.
    next: Option<ListPlace>,
}

/// A place in the list, after a session with the latest alteration at that time. Clients carry it as a text that means nothing to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListPlace {
    changed_at: DateTime<Utc>,
    id: Uuid,
}

/// A text that is no place.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("not a place in a list")]
pub struct InvalidPlace;

impl ListPlace {
    fn of(row: &Row) -> Self {
        Self {
            changed_at: row.get("changed_at"),
            id: row.get("session_id"),
        }
    }
}

impl FromStr for ListPlace {
    type Err = InvalidPlace;

    fn from_str(text: &str) -> Result<Self, InvalidPlace> {
        let (micros, id) = text.split_once('.').ok_or(InvalidPlace)?;
        // PostgreSQL has no times as long before 1970 as these numbers could name.
        let micros = micros.parse().ok().filter(|micros| *micros >= 0);
        let changed_at = micros.and_then(DateTime::from_timestamp_micros);
        Ok(Self {
            changed_at: changed_at.ok_or(InvalidPlace)?,
            id: id.parse().map_err(|_| InvalidPlace)?,
        })
    }
}

impl fmt::Display for ListPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.changed_at.timestamp_micros(), self.id)
    }
}

impl Serialize for ListPlace {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The sessions of a user that have not ended, the liveliest first: those after a place, or the first of all without one; at most `limit`,
/// and as many as an answer has room for.
pub async fn list(
    app: &App,
    user: Uuid,
    before: Option<ListPlace>,
    limit: usize,
) -> Result<SessionPage, SessionError> {
    let fetched = limit as i64 + 1;
    let (time, id) = before.map(|place| (place.changed_at, place.id)).unzip();
    let params = [
        (&user as _, Type::UUID),
        (&fetched as _, Type::INT8),
        (&time as _, Type::TIMESTAMPTZ),
        (&id as _, Type::UUID),
    ];
    let rows = app
        .database
        .query(include_str!("sql/list.sql"), &params)
        .await?;
    let mut sessions: Vec<_> = rows
        .iter()
        .map(|row| Session::from_row(&app.session_keys, row))
        .map(|session| to_raw_value(&session).expect("a session is plain data"))
        .collect();
    let lengths = sessions.iter().map(|session| session.get().len());
    let kept = fitting(lengths, MAX_PAGE_BYTES).0.min(limit);
    sessions.truncate(kept);
    let last = rows[..kept].last().filter(|_| kept < rows.len());
    Ok(SessionPage {
        sessions,
        next: last.map(ListPlace::of),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_survives_its_journey() {
        let place = ListPlace {
            changed_at: DateTime::from_timestamp_micros(1_764_470_000_123_456).unwrap(),
            id: Uuid::now_v7(),
        };
        assert_eq!(place.to_string().parse::<ListPlace>().unwrap(), place);
    }

    #[test]
    fn what_was_never_a_place_is_refused() {
        let id = Uuid::now_v7();
        for text in [
            String::new(),
            id.to_string(),
            "1764470000123456".to_owned(),
            "1764470000123456.".to_owned(),
            format!("-1.{id}"),
            format!("{}.{id}", i64::MAX),
            format!("{}0.{id}", i64::MAX),
        ] {
            assert!(text.parse::<ListPlace>().is_err(), "{text}");
        }
        assert!(format!("0.{id}").parse::<ListPlace>().is_ok());
    }
}
