//! Sends that wait at the same moment in one process share a statement, and none of them depends on another.

use std::{sync::Arc, time::Duration};

use futures_util::future::{join, join_all};
use serde_json::Map;
use shared::{
    App,
    code::{Code, Coded},
    config::Config,
    message::{Acked, Draft, SendError, Sender, send},
    session::Visitor,
};
use tests::{TestStack, User};
use tokio_postgres::Client;
use uuid::Uuid;

/// What a process of `ws-message` that has many invocations at once sends with.
struct Process {
    stack: TestStack,
    app: Arc<App>,
    ada: User,
    /// A session that nothing is said in but by the test's own choice, and others.
    locked: String,
    sessions: Vec<String>,
}

impl Process {
    async fn start() -> Self {
        let stack = TestStack::with().no_schedules().start().await;
        let several = [("AWS_LAMBDA_MAX_CONCURRENCY", "16")];
        let config = Config::read(stack.variables("WsMessageFunction", &several));
        let app = App::new(config.unwrap()).unwrap();
        let ada = stack.guest().await;
        let locked = ada.open_session("Locked").await;
        let mut sessions = Vec::new();
        for number in 0..8 {
            sessions.push(ada.open_session(&format!("Session {number}")).await);
        }
        let process = Self {
            stack,
            app,
            ada,
            locked,
            sessions,
        };
        for session in &process.sessions {
            assert!(process.send(session, "warm").await.is_ok());
        }
        process
    }

    async fn send(&self, session: &str, text: &str) -> Result<Acked, SendError> {
        let key = Uuid::now_v7().to_string();
        self.send_as(&self.ada, session, &key, text).await
    }

    async fn send_as(
        &self,
        user: &User,
        session: &str,
        key: &str,
        text: &str,
    ) -> Result<Acked, SendError> {
        let visitor = Visitor::verify(&self.app.session_keys, user.id.parse().unwrap(), session);
        let sender = Sender {
            visitor: &visitor.unwrap(),
            socket: None,
        };
        send(
            &self.app,
            &sender,
            Draft::new(key, text, Map::new()).unwrap(),
        )
        .await
    }

    /// Runs `work` while the statement of a send waits for a lock, so that what is sent first of it waits together. Then gives the lock
    /// back, and the send's answer too.
    async fn behind_a_lock<T>(
        &self,
        work: impl Future<Output = T>,
    ) -> (T, Result<Acked, SendError>) {
        let holder = self.stack.database().await;
        let id = self.locked.split('.').next().unwrap();
        let lock = format!("BEGIN; SELECT 1 FROM sessions WHERE id = '{id}' FOR UPDATE");
        holder.batch_execute(&lock).await.unwrap();
        let held = self.send(&self.locked, "held up");
        let work = async {
            until_one_waits(&self.stack.database().await).await;
            let done = work.await;
            holder.batch_execute("COMMIT").await.unwrap();
            done
        };
        let (held, done) = join(held, work).await;
        (done, held)
    }
}

async fn until_one_waits(database: &Client) {
    const WAITING: &str = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%message_send%'";
    while database.query_typed(WAITING, &[]).await.unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

fn code<T>(result: &Result<T, SendError>) -> Option<Code> {
    result.as_ref().err().map(Coded::code)
}

#[tokio::test]
async fn what_waits_shares_a_statement_and_a_locked_session_holds_up_no_other() {
    let process = Process::start().await;
    let work = join_all(
        process
            .sessions
            .iter()
            .map(|session| process.send(session, "together")),
    );
    let ((acks, counts), held) = process.behind_a_lock(process.stack.counting(work)).await;
    for ack in &acks {
        assert_eq!(ack.as_ref().unwrap().receipt.seq, 2);
    }
    assert_eq!(held.unwrap().receipt.seq, 1);
    // A slow machine may spread them over several.
    let calls = counts.statement_calls();
    assert!(calls < process.sessions.len() as u64, "{counts:#?}");
}

#[tokio::test]
async fn each_of_those_that_share_a_statement_has_its_own_answer() {
    let process = Process::start().await;
    let bob = process.stack.guest().await;
    let [one, two, three, four] = &process.sessions[..4] else {
        panic!("there are eight")
    };
    let first = process.send_as(&process.ada, one, "key", "said").await;
    let work = async {
        tokio::join!(
            process.send_as(&process.ada, one, "key", "said"),
            process.send_as(&process.ada, two, "key", "something else"),
            process.send_as(&process.ada, one, "key", "not the same"),
            process.send_as(&bob, three, "key", "a stranger"),
            process.send_as(&process.ada, four, "twice", "at once"),
            process.send_as(&process.ada, four, "twice", "at once"),
        )
    };
    let (answers, _) = process.behind_a_lock(work).await;
    let (again, new, conflict, stranger, once, twice) = answers;
    let (first, again) = (first.unwrap(), again.unwrap());
    assert!(again.duplicate && again.receipt.id == first.receipt.id);
    assert!(!new.unwrap().duplicate);
    assert_eq!(code(&conflict), Some(Code::IdempotencyConflict));
    assert_eq!(code(&stranger), Some(Code::NotAMember));
    let (once, twice) = (once.unwrap(), twice.unwrap());
    assert_eq!(once.receipt.id, twice.receipt.id);
    assert_ne!(once.duplicate, twice.duplicate);
}

#[tokio::test]
async fn many_to_one_session_are_numbered_without_a_hole() {
    let process = Process::start().await;
    let session = &process.sessions[0];
    let work = join_all((0..40).map(|_| process.send(session, "one of many")));
    let (acks, _) = process.behind_a_lock(work).await;
    let mut numbers: Vec<i64> = acks
        .into_iter()
        .map(|ack| ack.unwrap().receipt.seq)
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (2..=41).collect::<Vec<_>>());
}

#[tokio::test]
async fn one_that_postgresql_refuses_takes_no_other_with_it() {
    let process = Process::start().await;
    let refuse = "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF NEW.content = 'refused' THEN RAISE EXCEPTION 'no'; END IF;
                RETURN NEW;
            END $$;
        CREATE TRIGGER refuse BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION refuse()";
    let database = process.stack.database().await;
    database.batch_execute(refuse).await.unwrap();
    let texts = process
        .sessions
        .iter()
        .zip(["refused", "fine"].into_iter().cycle());
    let work = join_all(texts.map(|(session, text)| process.send(session, text)));
    let (acks, _) = process.behind_a_lock(work).await;
    for pair in acks.chunks(2) {
        assert_eq!(code(&pair[0]), Some(Code::Internal));
        assert_eq!(pair[1].as_ref().unwrap().receipt.seq, 2);
    }
}

#[tokio::test]
async fn who_waits_too_long_is_told_and_its_next_try_is_safe() {
    let process = Process::start().await;
    let try_again = || process.send_as(&process.ada, &process.locked, "patience", "waited");
    // The second waits for the first, whose statement waits for the lock.
    let (late, _) = process.behind_a_lock(try_again()).await;
    assert_eq!(code(&late), Some(Code::Unavailable));
    let acked = try_again().await.unwrap();
    let page = process
        .ada
        .rest
        .since(&process.locked, &[("after_change", "0")]);
    let messages = page.await.ok()["messages"].take();
    let same = |message: &&serde_json::Value| message["id"] == acked.receipt.id.to_string();
    assert_eq!(messages.as_array().unwrap().iter().filter(same).count(), 1);
}
