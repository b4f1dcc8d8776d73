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
    session::{SessionError, Visitor, list_members, recent},
};
use uuid::Uuid;

/// A removed member may see others typing for so long; for five seconds if Redis could not be told of the removal.
const REMEMBERED: Duration = Duration::from_secs(2);
/// Sessions that one environment remembers.
const CAPACITY: NonZeroUsize = NonZeroUsize::new(1_024).expect("1,024 is not zero");

/// By signed session id: when a session's members were asked for, and who they are.
type Remembered = LruCache<String, (Instant, Arc<[Uuid]>)>;

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
        if let Some(members) = self
            .remembered(visitor.session().as_str())
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
        self.lock().put(session, (Instant::now(), members.clone()));
        Ok(members)
    }

    fn remembered(&self, session: &str) -> Option<Arc<[Uuid]>> {
        let mut sessions = self.lock();
        let (since, members) = sessions.get(session)?;
        (since.elapsed() < REMEMBERED).then(|| members.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Remembered> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
