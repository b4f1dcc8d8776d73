//! Writing the list: around an alteration, and when it must go.

use redis::Pipeline;
use uuid::Uuid;

use super::{CAPACITY, Keys, lua, unannounced};
use crate::{
    App,
    cache::Cache,
    code::log_failure,
    database::DatabaseError,
    message::Altered,
    session::{Cursor, Epoch, SessionId, Visitor},
};

/// How long a list is kept after its last use.
pub(super) const LIST_SECONDS: u64 = 3_600;
/// Announcements outlive the list that they warn of.
const SENDS_SECONDS: u64 = 2 * LIST_SECONDS;
/// An alteration takes milliseconds. One that has not reported back after this long is worth a sync.
const LATE_MILLIS: u64 = 5_000;

/// An alteration that readers have been warned of.
#[derive(Debug, Clone, Copy)]
pub struct Announcement {
    session: Uuid,
    own: Uuid,
}

impl Announcement {
    /// Notes an alteration that is committed and could not be written to the list.
    pub(crate) async fn note(&self, app: &App) -> Result<(), DatabaseError> {
        unannounced::note(&app.database, &[self.session]).await
    }
}

/// Adds the warning that an alteration is on its way. Its answer is an integer.
pub(crate) fn announce(pipeline: &mut Pipeline, session: &SessionId) -> Announcement {
    let (session, own) = (session.id, Uuid::now_v7());
    lua::ANNOUNCE.call(pipeline, &[&Keys::of(session).sends]);
    pipeline.arg(own.to_string()).arg(SENDS_SECONDS);
    Announcement { session, own }
}

/// Adds the end of an alteration that stored nothing. Its answer is an integer.
pub(crate) fn withdraw(pipeline: &mut Pipeline, announcement: Announcement) {
    pipeline.zrem(
        Keys::of(announcement.session).sends,
        announcement.own.to_string(),
    );
}

/// Adds the end of an alteration that had been stored before. Its answer is an integer.
pub(crate) fn settle(
    pipeline: &mut Pipeline,
    announcement: Announcement,
    change: i64,
    epoch: &Epoch,
) {
    lua::SETTLE.call(pipeline, &Keys::of(announcement.session).all());
    pipeline
        .arg(announcement.own.to_string())
        .arg(change)
        .arg(epoch.as_str());
}

/// Adds the end of an alteration that is stored. Its answer is an integer.
pub(crate) fn append(pipeline: &mut Pipeline, announcement: Announcement, altered: &Altered) {
    lua::APPEND.call(pipeline, &Keys::of(announcement.session).all());
    pipeline
        .arg(announcement.own.to_string())
        .arg(altered.message.change())
        .arg(altered.message.json())
        .arg(altered.was.unwrap_or(0))
        .arg(altered.epoch.as_str())
        .arg(CAPACITY)
        .arg(LIST_SECONDS);
}

/// Adds the question whether a visitor with this cursor may have missed something. Its answer is 0 or 1, and 1 for every stranger.
pub fn behind(pipeline: &mut Pipeline, visitor: &Visitor, cursor: &Cursor) {
    let keys = Keys::of(visitor.session().id);
    lua::BEHIND.call(pipeline, &[&keys.state, &keys.sends]);
    pipeline
        .arg(cursor.change)
        .arg(cursor.epoch().unwrap_or_default())
        .arg(LATE_MILLIS)
        .arg(visitor.user().to_string());
}

/// Drops what is known of a session, because its members changed or it is gone. Where Redis cannot be told, that is noted for its
/// readers; an error says that it could not be noted either, so that nobody may be told of the change as done.
pub(crate) async fn forget(app: &App, session: &SessionId) -> Result<(), DatabaseError> {
    forget_all(app, &[session.id]).await
}

/// The same for many sessions, in one round trip.
pub(crate) async fn forget_all(app: &App, sessions: &[Uuid]) -> Result<(), DatabaseError> {
    let dropped = drop_lists(&app.cache, sessions).await;
    let all = sessions.iter().zip(dropped);
    let left: Vec<Uuid> = all
        .filter(|(_, dropped)| !dropped)
        .map(|(session, _)| *session)
        .collect();
    if left.is_empty() {
        return Ok(());
    }
    unannounced::note(&app.database, &left).await
}

/// Drops lists, and says of each whether it is gone. One round trip.
pub async fn drop_lists(cache: &Cache, sessions: &[Uuid]) -> Vec<bool> {
    if sessions.is_empty() {
        return Vec::new();
    }
    let mut pipeline = redis::pipe();
    for session in sessions {
        let keys = Keys::of(*session);
        pipeline.del(&[&keys.state, &keys.recent, &keys.members, &keys.lease]);
    }
    match cache.run_partly::<Vec<Option<i64>>>(&pipeline).await {
        Ok(answers) => answers.iter().map(Option::is_some).collect(),
        Err(error) => {
            log_failure(&error, "dropping a session's recent list");
            vec![false; sessions.len()]
        }
    }
}
