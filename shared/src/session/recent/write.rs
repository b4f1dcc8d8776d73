//! Writing the list: around a send, and when it must go.

use redis::Pipeline;
use uuid::Uuid;

use super::{CAPACITY, Keys, lua};
use crate::{
    cache::{Cache, script},
    message::Message,
    session::SessionId,
};

/// How long a list is kept after its last use.
pub(super) const LIST_SECONDS: u64 = 3_600;
/// Announcements outlive the list that they warn of.
const SENDS_SECONDS: u64 = 2 * LIST_SECONDS;
/// A send takes milliseconds. One that has not reported back after this long is worth a sync.
const LATE_SEND_MILLIS: u64 = 5_000;

/// A send that readers have been warned of.
#[derive(Debug, Clone, Copy)]
pub struct Announcement {
    session: Uuid,
    send: Uuid,
}

/// Adds the warning that a send is on its way. Its answer is an integer.
pub fn announce(pipeline: &mut Pipeline, session: &SessionId, send: Uuid) -> Announcement {
    let session = session.id;
    script(pipeline, lua::ANNOUNCE, &[&Keys::of(session).sends]);
    pipeline.arg(send.to_string()).arg(SENDS_SECONDS);
    Announcement { session, send }
}

/// Adds the end of a send that stored nothing. Its answer is an integer.
pub fn withdraw(pipeline: &mut Pipeline, announcement: Announcement) {
    pipeline.zrem(
        Keys::of(announcement.session).sends,
        announcement.send.to_string(),
    );
}

/// Adds the end of a send that stored a message. Its answer is an integer.
pub fn append(pipeline: &mut Pipeline, announcement: Announcement, message: &Message) {
    script(pipeline, lua::APPEND, &Keys::of(announcement.session).all());
    pipeline
        .arg(announcement.send.to_string())
        .arg(message.change)
        .arg(entry(message))
        .arg(CAPACITY)
        .arg(LIST_SECONDS);
}

/// Adds the question whether a reader with this cursor may have missed something. Its answer is 0 or 1.
pub fn behind(pipeline: &mut Pipeline, session: &SessionId, cursor: i64) {
    let keys = Keys::of(session.id);
    script(pipeline, lua::BEHIND, &[&keys.state, &keys.sends]);
    pipeline.arg(cursor).arg(LATE_SEND_MILLIS);
}

/// Drops what is known of a session, because its members changed or it is gone. Without Redis, what is known lapses by itself:
/// members within a minute.
pub async fn forget(cache: &Cache, session: &SessionId) {
    forget_all(cache, &[session.id]).await;
}

/// The same for many sessions, in one round trip.
pub async fn forget_all(cache: &Cache, sessions: &[Uuid]) {
    if sessions.is_empty() {
        return;
    }
    let mut pipeline = redis::pipe();
    for session in sessions {
        let keys = Keys::of(*session);
        pipeline
            .del(&[&keys.state, &keys.recent, &keys.members])
            .ignore();
    }
    if let Err(error) = cache.run::<()>(&pipeline).await {
        crate::code::log_failure(&error, "dropping a session's recent list");
    }
}

/// How a message stands in the list.
pub(super) fn entry(message: &Message) -> String {
    let json = serde_json::to_string(message).expect("a message is plain data");
    format!("{} {json}", message.change)
}
