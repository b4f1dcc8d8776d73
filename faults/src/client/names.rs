//! Which id is whose.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

use uuid::Uuid;

use crate::history::{Session, User};

/// Which id is whose, for all clients of a run.
#[derive(Debug, Default)]
pub struct Names {
    known: RwLock<Known>,
}

#[derive(Debug, Default)]
struct Known {
    users: HashMap<Uuid, User>,
    user_ids: Vec<Uuid>,
    sessions: HashMap<String, Session>,
    session_ids: Vec<String>,
}

impl Names {
    /// A name for a user's id.
    pub fn add_user(&self, id: Uuid) -> User {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let user = User(known.user_ids.len());
        known.user_ids.push(id);
        known.users.insert(id, user);
        user
    }

    /// A name for a session's signed id.
    pub fn add_session(&self, id: &str) -> Session {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let session = Session(known.session_ids.len());
        known.session_ids.push(id.to_owned());
        // Tables have the part that is not signed.
        let bare = id.split('.').next().unwrap_or_default().to_owned();
        known.sessions.insert(bare, session);
        session
    }

    /// Whose id that is.
    pub fn user(&self, id: &str) -> Option<User> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.users.get(&Uuid::try_parse(id).ok()?).copied()
    }

    /// Which session's id that is, signed or not.
    pub fn session(&self, id: &str) -> Option<Session> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.sessions.get(id.split('.').next()?).copied()
    }

    /// The id of a user.
    pub fn user_id(&self, user: User) -> Uuid {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.user_ids[user.0]
    }

    /// The signed id of a session.
    pub fn session_id(&self, session: Session) -> String {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.session_ids[session.0].clone()
    }

    /// How many sessions there are.
    pub fn sessions(&self) -> usize {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.session_ids.len()
    }
}
