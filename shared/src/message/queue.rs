//! Sends that wait at the same moment, in an environment that has several invocations at once: one statement stores them all.
//!
//! While a statement is under way, what arrives waits for the next one. So a lone send goes at once, and the more arrive, the more of
//! them share a trip, a commit and a wait for the disk. Where a statement is slow, another goes beside it, but never with a session of
//! the first: it would wait for the same row, and waiting here costs less than in PostgreSQL.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    mem,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::oneshot, time::timeout};
use tokio_postgres::Row;

use super::store::{self, NewMessage, Stored};
use crate::{
    config::Config,
    database::{Database, DatabaseError, PATIENCE},
    session::{SessionId, interval},
};

/// A statement that takes longer waits for somebody's lock, as a rule: what came after it goes without it.
const SLOW: Duration = Duration::from_millis(100);
/// Sends in one statement, which holds the locks of all their sessions until it commits.
const MAX_BATCH: usize = 32;

/// Where sends wait; cheap to clone.
#[derive(Clone)]
pub struct SendQueue {
    database: Database,
    /// How long a session lives on after a message, an interval as PostgreSQL reads it.
    lifetime: Arc<str>,
    // A std mutex: nothing awaits while it is held.
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Waiting>,
    /// Whether somebody takes what waits.
    served: bool,
    /// Sessions of the statements that are under way.
    sessions: HashSet<SessionId>,
}

type Tell = oneshot::Sender<Result<Stored, DatabaseError>>;

struct Waiting {
    message: NewMessage,
    tell: Tell,
}

impl SendQueue {
    /// An empty queue before a database.
    pub fn new(config: &Config, database: Database) -> Self {
        Self {
            database,
            lifetime: interval(config.session_lifetime()).into(),
            state: Arc::default(),
        }
    }

    /// Stores a message, with others that wait. A statement that stores several is tried again singly where it failed, so that one message
    /// cannot take others with it. Like every statement it has an answer in time, what it waits before included.
    pub(super) async fn store(&self, message: NewMessage) -> Result<Stored, DatabaseError> {
        let (tell, told) = oneshot::channel();
        self.lock().waiting.push_back(Waiting { message, tell });
        self.wake();
        match timeout(PATIENCE, told).await {
            Ok(Ok(stored)) => stored,
            _ => Err(DatabaseError::TimedOut),
        }
    }

    /// Sees to it that somebody takes what waits: a task of its own, for an invocation that ends early must not take others' sends with it.
    fn wake(&self) {
        if !mem::replace(&mut self.lock().served, true) {
            tokio::spawn(self.clone().serve());
        }
    }

    /// Stores until nothing is left that may be taken, or until a statement is slow: then another goes on, and this ends with its statement.
    async fn serve(self) {
        while let Some(batch) = self.take() {
            let sessions: Vec<SessionId> = batch.iter().map(Waiting::session).collect();
            let mut work = pin!(self.store_all(batch));
            let slow = timeout(SLOW, &mut work).await.is_err();
            if slow {
                self.lock().served = false;
                self.wake();
                work.await;
            }
            self.lock().release(&sessions);
            if slow {
                // For what waited for these sessions: whoever went on may have ended meanwhile.
                return self.wake();
            }
        }
    }

    async fn store_all(&self, batch: Vec<Waiting>) {
        match <[Waiting; 1]>::try_from(batch) {
            Ok([alone]) => self.store_one(alone).await,
            Err(batch) => self.store_together(batch).await,
        }
    }

    async fn store_together(&self, batch: Vec<Waiting>) {
        let messages: Vec<&NewMessage> = batch.iter().map(|waiting| &waiting.message).collect();
        match store::several(&self.database, &self.lifetime, &messages).await {
            Ok(rows) => answer_all(batch, &rows),
            Err(DatabaseError::Statement(_)) => {
                for waiting in batch {
                    self.store_one(waiting).await;
                }
            }
            Err(error) => {
                let error = Arc::new(error);
                for waiting in batch {
                    answer(waiting.tell, Err(DatabaseError::Together(error.clone())));
                }
            }
        }
    }

    /// Unless its caller has given up: it would be stored after its announcement counts as lost.
    async fn store_one(&self, waiting: Waiting) {
        let Waiting { message, tell } = waiting;
        if tell.is_closed() {
            return;
        }
        answer(
            tell,
            store::one(&self.database, &self.lifetime, message).await,
        );
    }

    fn take(&self) -> Option<Vec<Waiting>> {
        self.lock().take()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The first that wait, but for those whose session has a statement under way and those whose caller has given up.
    fn take(&mut self) -> Option<Vec<Waiting>> {
        let mut batch = Vec::new();
        let mut later = VecDeque::new();
        while batch.len() < MAX_BATCH {
            let Some(waiting) = self.waiting.pop_front() else {
                break;
            };
            if self.sessions.contains(waiting.message.session()) {
                later.push_back(waiting);
            } else if !waiting.tell.is_closed() {
                batch.push(waiting);
            }
        }
        later.append(&mut self.waiting);
        self.waiting = later;
        self.sessions.extend(batch.iter().map(Waiting::session));
        self.served = !batch.is_empty();
        (!batch.is_empty()).then_some(batch)
    }

    fn release(&mut self, sessions: &[SessionId]) {
        for session in sessions {
            self.sessions.remove(session);
        }
    }
}

impl Waiting {
    fn session(&self) -> SessionId {
        self.message.session().clone()
    }
}

/// Whoever gave up meanwhile finds out by its next try: the key is the same.
fn answer(tell: Tell, stored: Result<Stored, DatabaseError>) {
    tell.send(stored).ok();
}

/// Gives each its row.
fn answer_all(batch: Vec<Waiting>, rows: &[Row]) {
    let mut of_place: HashMap<i64, &Row> = rows.iter().map(|row| (row.get("place"), row)).collect();
    for (Waiting { message, tell }, place) in batch.into_iter().zip(1..) {
        // A statement that gives no row for one of its arguments is a mistake of ours; its sender hears nothing else than of a time-out.
        if let Some(row) = of_place.remove(&place) {
            answer(tell, Ok(Stored::read(message, row)));
        }
    }
}

impl std::fmt::Debug for SendQueue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SendQueue").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Map;
    use tokio::net::TcpListener;
    use uuid::Uuid;

    use super::*;
    use crate::{
        config::{Secret, tests::read},
        message::Draft,
        session::Visitor,
        token::KeyRing,
    };

    fn message() -> NewMessage {
        let secret = Secret::from("a-secret-of-more-than-32-characters");
        let keys = KeyRing::parse("SESSION_KEYS", &secret).unwrap();
        let visitor = Visitor::new(Uuid::now_v7(), SessionId::sign(&keys, Uuid::now_v7()));
        NewMessage::new(&visitor, Draft::new("m1", "Late", Map::new()).unwrap())
    }

    #[tokio::test]
    async fn what_nobody_waits_for_any_more_is_not_stored_singly() {
        // It takes connections and answers none of them.
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("postgres://u@{}/d", silent.local_addr().unwrap());
        let database = Database::at(&Secret::from(&*url), 1).unwrap();
        let queue = SendQueue::new(&read(&[]).unwrap(), database);
        let store = async |is_waited_for: bool| {
            let (tell, mut told) = oneshot::channel();
            if !is_waited_for {
                told.close();
            }
            let message = message();
            timeout(SLOW, queue.store_one(Waiting { message, tell })).await
        };
        assert!(store(true).await.is_err(), "it asks the database");
        assert!(store(false).await.is_ok(), "it asks nobody");
    }
}
