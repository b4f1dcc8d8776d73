//! Whom to tell of typing. Typing comes with every few key strokes, so its audience is remembered for a moment by the environment:
//! nothing depends on it that could be lost.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use lru::LruCache;
use shared::{
    App,
    code::log_failure,
    session::{SessionError, Visitor, list_members, recent},
    timestamp,
};
use uuid::Uuid;

/// A removed member may see others typing for so long; for five seconds if Redis could not be told of the removal.
const REMEMBERED: Duration = Duration::from_secs(2);
/// Sessions that one environment remembers.
const CAPACITY: NonZeroUsize = NonZeroUsize::new(1_024).expect("1,024 is not zero");

/// By signed session id: when a session's members were asked for, in Unix milliseconds, and who they are. The wall clock, because a frozen
/// environment's other clock may stand still.
type Remembered = LruCache<String, (i64, Arc<[Uuid]>)>;

/// Members by session, for a moment.
#[derive(Debug)]
pub(crate) struct AudienceCache {
    // A std mutex: nothing awaits while it is held.
    sessions: Mutex<Remembered>,
}

impl AudienceCache {
    /// Remembers nothing yet.
    pub(crate) fn new() -> Self {
        Self {
            sessions: Mutex::new(LruCache::new(CAPACITY)),
        }
    }

    /// The members of a session, the user among them: remembered, or from Redis, or from PostgreSQL. What does not know the user may
    /// be older than their membership, so only PostgreSQL calls somebody a stranger.
    pub(crate) async fn of(
        &self,
        app: &App,
        visitor: &Visitor,
    ) -> Result<Arc<[Uuid]>, SessionError> {
        let now = timestamp::now().timestamp_millis();
        if let Some(members) = self
            .remembered(visitor.session().as_str(), now)
            .filter(|members| members.contains(&visitor.user()))
        {
            return Ok(members);
        }
        recent::catch_up(app).await;
        let known = recent::members(&app.cache, visitor)
            .await
            .unwrap_or_else(|error| {
                log_failure(&error, "reading a session's members");
                Vec::new()
            });
        let members: Arc<[Uuid]> = if known.is_empty() {
            let membership = visitor.clone().enter(&app.database).await?;
            list_members(app, &membership)
                .await?
                .iter()
                .map(|member| member.user_id)
                .collect()
        } else {
            known.into()
        };
        let session = visitor.session().as_str().to_owned();
        self.lock().put(session, (now, members.clone()));
        Ok(members)
    }

    fn remembered(&self, session: &str, now: i64) -> Option<Arc<[Uuid]>> {
        let mut sessions = self.lock();
        let (since, members) = sessions.get(session)?;
        // A clock that has been put back makes nothing young again.
        let age = u64::try_from(now - since).map(Duration::from_millis);
        age.is_ok_and(|age| age < REMEMBERED)
            .then(|| members.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Remembered> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_audience_is_remembered_for_two_seconds_by_the_wall_clock() {
        let (audiences, now) = (AudienceCache::new(), 1_000_000);
        let members: Arc<[Uuid]> = [Uuid::nil()].into();
        audiences.lock().put("tea".to_owned(), (now, members));
        let period = REMEMBERED.as_millis() as i64;
        assert!(audiences.remembered("tea", now).is_some());
        assert!(audiences.remembered("tea", now + period - 1).is_some());
        assert!(audiences.remembered("tea", now + period).is_none());
        assert!(audiences.remembered("tea", now - 1).is_none(), "put back");
    }
}
