//! Strangers get nowhere: every route and every type of frame that names a session, tried by everybody whom it is none of their
//! business, and with every kind of forged id.
//!
//! What a stranger gets for a session of others is compared with what they get for one that never was: the answer, and what the
//! databases were asked meanwhile. [`probe`] knows how to try each route and type; one that it does not know fails these tests.

mod forged;
mod probe;
mod refused;

use std::collections::BTreeMap;

use serde_json::Value;
use shared::{config::Secret, session::SessionId, token::KeyRing};
use tests::{Counts, Reply, TestStack, User};
use uuid::Uuid;

use probe::{Request, Target};

/// What signs the session ids of these tests.
const KEY: &str = "a-session-secret-of-these-tests-with-enough-characters";
/// What signed them once and is not listed any more.
const OLD_KEY: &str = "a-session-secret-that-was-retired-with-enough-characters";

/// A session of others, and one that never was.
struct Scene {
    stack: TestStack,
    /// Owns the session.
    ada: User,
    /// Was in it once.
    bob: User,
    /// Has a session of her own.
    eve: User,
    /// Has nothing.
    nobody: User,
    real: Target,
    never: Target,
}

impl Scene {
    async fn new() -> Self {
        let stack = TestStack::with()
            .parameter("SessionKeys", KEY)
            .one_process_each()
            .no_schedules()
            .start()
            .await;
        let (ada, bob) = (stack.guest().await, stack.guest().await);
        let (eve, nobody) = (stack.guest().await, stack.guest().await);
        eve.open_session("her own").await;
        let real = Target::open(&stack, &ada).await;
        ada.rest
            .add_member(&real.session, &bob.id, "member")
            .await
            .ok();
        bob.rest
            .since(&real.session, &[("after_change", "0")])
            .await
            .ok();
        bob.rest
            .send(&real.session, "bobs", "I was here")
            .await
            .ok();
        ada.rest.remove_member(&real.session, &bob.id).await;
        // Redis knows the real one.
        ada.rest
            .since(&real.session, &[("after_change", "0")])
            .await
            .ok();
        let never = Target {
            session: signed(KEY, Uuid::now_v7()),
            ..real.clone()
        };
        Self {
            stack,
            ada,
            bob,
            eve,
            nobody,
            real,
            never,
        }
    }

    fn strangers(&self) -> [(&'static str, &User); 3] {
        [
            ("a former member", &self.bob),
            ("a guest of another session", &self.eve),
            ("a stranger", &self.nobody),
        ]
    }
}

/// A session's id under a key.
fn signed(key: &str, id: Uuid) -> String {
    let keys = KeyRing::parse("SESSION_KEYS", &Secret::from(key)).unwrap();
    SessionId::sign(&keys, id).as_str().to_owned()
}

/// Everything of an answer that a stranger could learn from, and what the databases were asked for it.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    answer: String,
    statements: BTreeMap<String, u64>,
    rows: u64,
    /// What a script does inside Redis takes microseconds that nobody can see from outside; a round trip can be seen.
    redis_reads: u64,
}

impl Seen {
    fn new(answer: String, counts: Counts) -> Self {
        Self {
            answer,
            statements: counts.statements,
            rows: counts.rows,
            // On a cluster it depends on chance which parts of a pipeline arrive together.
            redis_reads: match counts.redis_nodes {
                1 => counts.redis_reads,
                _ => 0,
            },
        }
    }

    fn reply(reply: &Reply, counts: Counts) -> Self {
        // These differ from one request to the next, whatever is asked.
        let passing = [
            "date",
            "apigw-requestid",
            "x-ratelimit-remaining",
            "x-ratelimit-reset",
        ];
        let mut headers: Vec<String> = reply
            .headers
            .iter()
            .filter(|(name, _)| !passing.contains(&name.as_str()))
            .map(|(name, value)| format!("{name}: {value:?}"))
            .collect();
        headers.sort();
        let answer = format!("{} {headers:?} {}", reply.status, reply.body);
        Self::new(answer, counts)
    }

    fn frame(mut frame: Value, target: &Target, counts: Counts) -> Self {
        frame["server_time"].take();
        let answer = frame.to_string().replace(&target.session, "[session]");
        Self::new(answer, counts)
    }
}

async fn ask(user: &User, request: &Request) -> Reply {
    let query: Vec<(&str, &str)> = request
        .query
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let method = request.method.parse().unwrap();
    user.rest
        .request(method, &request.path, &query, request.body.as_ref())
        .await
}
