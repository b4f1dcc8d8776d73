//! Whom to tell of typing. Typing comes with every few key strokes, so its audience is remembered for a moment by the environment:
//! nothing depends on it that could be lost.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use lru::LruCache;
use shared::{
    App,
    code::log_failure,
    session::{SessionError, SessionId, list_members, recent},
};
use uuid::Uuid;

/// A removed member may see others typing for so long.
const REMEMBERED: Duration = Duration::from_secs(10);
/// Sessions that one environment remembers.
const CAPACITY: NonZeroUsize = NonZeroUsize::new(1_024).expect("1,024 is not zero");

/// When a session's members were asked for, and who they are.
type Remembered = LruCache<Uuid, (Instant, Arc<[Uuid]>)>;

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
        user: Uuid,
        session: &SessionId,
    ) -> Result<Arc<[Uuid]>, SessionError> {
        if let Some(members) = self
            .remembered(session.id)
            .filter(|members| members.contains(&user))
        {
            return Ok(members);
        }
        let known = recent::members(&app.cache, session.id)
            .await
            .unwrap_or_else(|error| {
                log_failure(&error, "reading a session's members");
                Vec::new()
            });
        let members: Arc<[Uuid]> = if known.contains(&user) {
            known.into()
        } else {
            list_members(app, user, session)
                .await?
                .iter()
                .map(|member| member.user_id)
                .collect()
        };
        self.lock()
            .put(session.id, (Instant::now(), members.clone()));
        Ok(members)
    }

    fn remembered(&self, session: Uuid) -> Option<Arc<[Uuid]>> {
        let mut sessions = self.lock();
        let (since, members) = sessions.get(&session)?;
        (since.elapsed() < REMEMBERED).then(|| members.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Remembered> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
