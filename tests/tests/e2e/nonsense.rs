//! Whatever a client makes up, over the socket and over REST: it is answered or refused, and is never a fault of ours. What is made up
//! is half right, so that it gets past the first check. The seed stands in every failure; `GATEPOST_SEED=<seed>` tries the same again.

use std::env;

use proptest::{
    prelude::*,
    sample::select,
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Map, Value, json};
use shared::{code::Code, frame::ClientFrame};
use tests::{Device, Reply, TestStack, User};
use uuid::Uuid;

const FRAMES: usize = 400;
const REQUESTS: usize = 500;

/// Names that frames, bodies or queries give a meaning to.
const NAMES: [&str; 24] = [
    "id",
    "session_id",
    "content",
    "metadata",
    "cursors",
    "seq",
    "typing",
    "rev",
    "message_id",
    "user_id",
    "role",
    "title",
    "settings",
    "version",
    "limit",
    "since",
    "after_id",
    "after_change",
    "before_seq",
    "cursor",
    "locale",
    "device_id",
    "expires_in",
    "invite",
];
/// Texts that mean something, or nearly.
const TEXTS: [&str; 29] = [
    "",
    " ",
    "\0",
    "a\0b",
    "\u{202e}",
    "member",
    "assistant",
    "owner",
    "0",
    "1",
    "-1",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "1e400",
    "NaN",
    "0000-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999999Z",
    "2026-11-23T02:09:04+99:99",
    "2016-12-31T23:59:60Z",
    "-4714-11-23T00:00:00Z",
    "00000000-0000-0000-0000-000000000000",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "en",
    "x-y-z",
    "%00",
    "a\0b.1",
    "e.9223372036854775807",
    "'; --",
];

struct Maker {
    runner: TestRunner,
    seed: u64,
    /// A session of the client's own, and a message in it.
    known: [String; 2],
}

impl Maker {
    fn new(session: &str, message: &str) -> Self {
        let given = env::var("GATEPOST_SEED")
            .ok()
            .and_then(|seed| seed.parse().ok());
        let seed = given.unwrap_or_else(|| Uuid::new_v4().as_u64_pair().0);
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let known = [session.to_owned(), message.to_owned()];
        Self {
            runner: TestRunner::new_with_rng(Config::default(), rng),
            seed,
            known,
        }
    }

    fn make<T: std::fmt::Debug>(&mut self, strategy: impl Strategy<Value = T>) -> T {
        strategy.new_tree(&mut self.runner).unwrap().current()
    }

    fn text(&self) -> impl Strategy<Value = String> + use<> {
        prop_oneof![
            3 => select(TEXTS.map(str::to_owned).to_vec()),
            3 => select(self.known.to_vec()),
            1 => any::<String>(),
            1 => (0..40_000_usize).prop_map(|length| "x".repeat(length)),
        ]
    }

    fn value(&self) -> impl Strategy<Value = Value> + use<> {
        let cursors = (select(self.known.to_vec()), any::<i64>())
            .prop_map(|(session, change)| json!({session: change}));
        prop_oneof![
            4 => self.text().prop_map(Value::from),
            2 => any::<i64>().prop_map(Value::from),
            2 => (-1..5_i64).prop_map(Value::from),
            1 => any::<f64>().prop_map(Value::from),
            1 => any::<bool>().prop_map(Value::from),
            1 => Just(Value::Null),
            1 => cursors,
            1 => (select(self.known.to_vec()), self.text()).prop_map(|(session, text)| json!({session: text})),
            1 => (self.text(), self.text()).prop_map(|(name, text)| json!({name: [text]})),
        ]
    }

    /// Some fields, most of them such as `right` has them.
    fn fields(&mut self, right: &Value) -> Value {
        let mut fields = right.as_object().cloned().unwrap_or_else(Map::new);
        for _ in 0..self.make(0..4) {
            let name = self.make(select(NAMES.to_vec()));
            let value = self.make(self.value());
            fields.insert(name.to_owned(), value);
        }
        Value::Object(fields)
    }

    /// A frame, or what is none.
    fn frame(&mut self) -> String {
        let [session, message] = self.known.clone();
        let id: u32 = self.make(any::<u32>());
        let right = json!({
            "type": self.make(select(ClientFrame::TYPES)), "id": id.to_string(), "session_id": session, "content": "hi", "seq": 1,
            "typing": true, "cursors": {&session: 0}, "message_id": message, "rev": 1,
        });
        match self.make(0..20) {
            0 => self.make(any::<String>()),
            1 => self.make(self.value()).to_string(),
            _ => self.fields(&right).to_string(),
        }
    }
}

fn is_fault(code: &Value) -> bool {
    [Code::Internal, Code::Unavailable]
        .iter()
        .any(|fault| code == fault.as_str())
}

async fn scene() -> (TestStack, User, Maker) {
    let stack = TestStack::with().no_schedules().start().await;
    let ada = stack.guest().await;
    let session = ada.open_session("nonsense").await;
    let sent = ada.rest.send(&session, "first", "sense").await.ok();
    let maker = Maker::new(&session, sent["message"]["id"].as_str().unwrap());
    (stack, ada, maker)
}

#[tokio::test]
async fn no_frame_is_a_fault_of_ours_or_closes_the_socket() {
    let (stack, ada, mut maker) = scene().await;
    let mut phone = ada.device("phone").await;
    let mut right = 0;
    for number in 0..FRAMES {
        let frame = maker.frame();
        // The gateway closes the socket after a longer one, and says why: that is its own test.
        if frame.len() > 32 * 1024 {
            continue;
        }
        phone.send_text(&frame).await;
        let said = up_to_pong(&mut phone, number).await;
        for answer in said {
            right += usize::from(answer["type"] != "error");
            let made_by_gateway = answer["type"].is_null();
            assert!(
                !made_by_gateway && !is_fault(&answer["code"]),
                "seed {}: {frame:.2000} got {answer}",
                maker.seed
            );
        }
    }
    no_errors(stack.stop().await, maker.seed);
    assert!(
        right > FRAMES / 10,
        "only {right} frames got past the checks"
    );
}

/// What the socket says until it answers a ping: it is open, and nothing is left over.
async fn up_to_pong(phone: &mut Device, number: usize) -> Vec<Value> {
    let id = format!("the end of {number}");
    // A ping has no id in its answer; a frame of a type that nobody knows has.
    phone.send(&json!({"type": "the end", "id": id})).await;
    let mut said = Vec::new();
    loop {
        let frame = phone.next().await;
        if frame["id"] == *id {
            return said;
        }
        said.push(frame);
    }
}

#[tokio::test]
async fn no_request_is_a_fault_of_ours() {
    let (stack, ada, mut maker) = scene().await;
    let apis = &stack.stack().template().http_apis;
    let routes: Vec<String> = apis
        .iter()
        .flat_map(|api| &api.routes)
        .map(|route| route.key.clone())
        .collect();
    let mut right = 0;
    for _ in 0..REQUESTS {
        let route = maker.make(select(routes.clone()));
        let (what, reply) = request(&ada, &route, &mut maker).await;
        right += usize::from(reply.status.is_success());
        assert!(
            reply.status.as_u16() < 500 && !is_fault(&reply.body["code"]),
            "seed {}: {what:.2000} got {} {}",
            maker.seed,
            reply.status,
            reply.body
        );
    }
    no_errors(stack.stop().await, maker.seed);
    assert!(
        right > REQUESTS / 10,
        "only {right} requests got past the checks"
    );
}

async fn request(ada: &User, route: &str, maker: &mut Maker) -> (String, Reply) {
    let [session, message] = maker.known.clone();
    let (method, path) = route.split_once(' ').unwrap();
    let mut path = path.to_owned();
    for (name, known) in [
        ("{id}", &session),
        ("{message_id}", &message),
        ("{user_id}", &ada.id),
        ("{invite_id}", &message),
    ] {
        let part = if maker.make(0..3) == 0 {
            maker.make(maker.text())
        } else {
            known.clone()
        };
        path = path.replace(name, &segment(&part));
    }
    let mut query = vec![];
    for _ in 0..maker.make(0..4) {
        query.push((maker.make(select(NAMES.to_vec())), maker.make(maker.text())));
    }
    if maker.make(0..3) > 0 {
        query.push(("session_id", session.clone()));
    }
    // API Gateway itself refuses longer addresses.
    query
        .iter_mut()
        .for_each(|(_, text)| *text = text.chars().take(500).collect());
    let query: Vec<(&str, &str)> = query
        .iter()
        .map(|(name, text)| (*name, text.as_str()))
        .collect();
    let right = json!({
        "id": "k", "session_id": session, "content": "hi", "title": "t", "user_id": ada.id, "role": "member", "rev": 1, "device_id": "phone",
        "email": "ada@example.org", "password": "long enough", "refresh_token": "nonsense", "message_id": message,
    });
    let body = maker.fields(&right);
    let body = (method != "GET" && maker.make(0..8) > 0).then_some(&body);
    let what = format!("{method} {path} {query:?} {body:?}");
    // Its owner would delete the session that most of this is about.
    if route == "DELETE /api/chat/sessions/{id}" && path.contains(&session) {
        return (what, ada.rest.session(&session).await);
    }
    (
        what,
        ada.rest
            .request(method.parse().unwrap(), &path, &query, body)
            .await,
    )
}

/// Text as a part of a path.
fn segment(text: &str) -> String {
    let short: String = text.chars().take(500).collect();
    short
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}

#[track_caller]
fn no_errors(lines: Vec<String>, seed: u64) {
    let errors: Vec<&String> = lines
        .iter()
        .filter(|line| line.contains(r#""level":"ERROR""#))
        .collect();
    assert!(errors.is_empty(), "seed {seed}: {errors:#?}");
}
