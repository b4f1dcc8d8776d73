//! Since-sync: what a device missed, and proof that it has everything.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::{Encoded, Message, Page};
use crate::{
    App,
    cache::CacheError,
    code::{Code, Coded, log_failure},
    database::DatabaseError,
    session::{
        Cursor, Epoch, SessionError, Visitor, not_ended,
        recent::{self, Reading, Recent},
    },
};

/// Where a reader left off.
#[derive(Debug, Clone)]
pub enum Since {
    /// The newest change that the reader has.
    Cursor(Cursor),
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
    /// The cursor is of another life of the database, or ahead of the session.
    #[error("the cursor is not of this database")]
    Reset,
}

impl Coded for SyncError {
    fn code(&self) -> Code {
        match self {
            Self::Session(error) => error.code(),
            Self::MessageNotFound => Code::MessageNotFound,
            Self::Reset => Code::Reset,
        }
    }
}

impl From<DatabaseError> for SyncError {
    fn from(error: DatabaseError) -> Self {
        Self::Session(error.into())
    }
}

/// How often a reader looks again while another one refills the list, and how long it waits before. A refill takes a few
/// milliseconds; whoever is still without a list after all of them asks PostgreSQL and writes nothing.
const WAITS: [Duration; 4] = [
    Duration::from_millis(10),
    Duration::from_millis(20),
    Duration::from_millis(40),
    Duration::from_millis(80),
];

/// What follows, at most `limit` messages.
pub async fn since(
    app: &App,
    visitor: &Visitor,
    from: &Since,
    limit: usize,
) -> Result<Page, SyncError> {
    Reader::new(app).since(visitor, from, limit).await
}

/// Reads what follows in one session after the other.
#[derive(Debug)]
pub struct Reader<'a> {
    app: &'a App,
    /// Until Redis has not answered once: each wait for it takes half a second, and a hundred sessions have not as many.
    asks_redis: bool,
}

impl<'a> Reader<'a> {
    /// One that has not asked anybody.
    pub fn new(app: &'a App) -> Self {
        Self {
            app,
            asks_redis: app.config.cache,
        }
    }

    /// What follows, at most `limit` messages. From the recent list in one round trip to Redis when it reaches back far enough; else
    /// from PostgreSQL.
    pub async fn since(
        &mut self,
        visitor: &Visitor,
        from: &Since,
        limit: usize,
    ) -> Result<Page, SyncError> {
        if self.asks_redis {
            match recent_list(self.app, visitor, from).await? {
                Ok(Some(list)) => {
                    if let Some(page) = page_of(list, from, limit)? {
                        return Ok(page);
                    }
                }
                Ok(None) => {}
                Err(error) => {
                    log_failure(&error, "reading a session's recent list");
                    self.asks_redis = false;
                }
            }
        }
        stored_page(self.app, visitor, from, limit).await
    }
}

/// The recent list, refilled if it was missing; `None` when it cannot be trusted, an error of Redis's when it cannot be had.
async fn recent_list(
    app: &App,
    visitor: &Visitor,
    from: &Since,
) -> Result<Result<Option<Recent>, CacheError>, SyncError> {
    let cursor = if let Since::Cursor(cursor) = from {
        Some(cursor)
    } else {
        None
    };
    recent::catch_up(app).await;
    let mut waits = WAITS.iter();
    loop {
        match recent::read(&app.cache, visitor, cursor).await {
            Ok(Reading::Hit(list)) => return Ok(Ok(Some(list))),
            Ok(Reading::Miss(lease)) => {
                let list = recent::refill(app, visitor, lease).await?;
                return Ok(Ok(Some(list)));
            }
            Ok(Reading::Refilling) => match waits.next() {
                Some(wait) => tokio::time::sleep(wait.mul_f64(rand::random_range(0.5..1.5))).await,
                None => return Ok(Ok(None)),
            },
            Ok(Reading::Unusable) => return Ok(Ok(None)),
            Err(error) => return Ok(Err(error)),
        }
    }
}

/// A page from the recent list, unless the reader left off before its floor.
fn page_of(list: Recent, from: &Since, limit: usize) -> Result<Option<Page>, SyncError> {
    let Some(after) = place_in(&list, from)? else {
        return Ok(None);
    };
    let following = list.messages.into_iter();
    let following = following.skip_while(|message| message.change() <= after);
    let following = following.take(limit + 1).collect();
    Ok(Some(Page::new(
        following,
        after,
        limit,
        &list.epoch,
        list.head,
    )))
}

/// The change that the reader left off at; `None` if that is before the list's floor, or may be.
fn place_in(list: &Recent, from: &Since) -> Result<Option<i64>, SyncError> {
    let mut places = list.messages.iter().filter_map(Encoded::place);
    let after = match from {
        Since::Cursor(cursor) if !cursor.is_within(&list.epoch, list.head) => {
            return Err(SyncError::Reset);
        }
        Since::Cursor(cursor) => Some(cursor.change),
        Since::Message(id) => places.find(|place| place.id == *id).map(|place| place.seq),
        Since::Time(time) => {
            let seen = places.filter(|place| place.created_at <= *time);
            // Nothing that old in the list: only a list that reaches back to the beginning can tell that there is nothing.
            let newest = seen.map(|place| place.seq).max();
            newest.or((list.floor == 0).then_some(0))
        }
    };
    Ok(after.filter(|after| *after >= list.floor))
}

async fn stored_page(
    app: &App,
    visitor: &Visitor,
    from: &Since,
    limit: usize,
) -> Result<Page, SyncError> {
    let (change, time, id) = match from {
        Since::Cursor(cursor) => (Some(cursor.change), None, None),
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
    let (epoch, head) = (Epoch::from_column(first.get("epoch")), first.get("head"));
    if let Since::Cursor(cursor) = from
        && !cursor.is_within(&epoch, head)
    {
        return Err(SyncError::Reset);
    }
    let after: i64 = first
        .get::<_, Option<i64>>("cursor")
        .ok_or(SyncError::MessageNotFound)?;
    let messages = rows
        .iter()
        .filter_map(|row| Message::from_optional_row(visitor.session(), row))
        .map(|message| Encoded::new(&message));
    Ok(Page::new(messages.collect(), after, limit, &epoch, head))
}
