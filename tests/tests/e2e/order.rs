//! One order, for everybody, whatever happens at once.

use std::{collections::HashSet, time::Duration};

use serde_json::Value;
use tests::{TestStack, User};
use tokio::{task::JoinSet, time::timeout};

const SENDERS: usize = 8;
const EACH: usize = 200;
/// For the rest of the pages, once everything is acked. A message that is missing never comes.
const LAST_PAGES: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_senders_at_once_make_one_order_without_holes() {
    let stack = TestStack::start().await;
    let owner = stack.guest().await;
    let session = owner.open_session("Crowd").await;
    let mut senders = JoinSet::new();
    for sender in 0..SENDERS {
        let user = stack.guest().await;
        owner
            .rest
            .add_member(&session, &user.id, "member")
            .await
            .ok();
        senders.spawn(send_all(user, session.clone(), sender));
    }
    let reader = tokio::spawn(poll(owner.clone(), session.clone()));
    let acked: HashSet<String> = senders.join_all().await.into_iter().flatten().collect();
    assert_eq!(acked.len(), SENDERS * EACH);

    let polled = timeout(LAST_PAGES, reader).await;
    let polled = polled
        .expect("everything that was acked can be read")
        .unwrap();
    check_order(&polled);
    let ids: HashSet<String> = polled.iter().map(|message| text(message, "id")).collect();
    assert_eq!(
        ids, acked,
        "the reader has every acked message, and nothing else"
    );

    let again = read_from(&owner, &session, 0).await;
    let order = |messages: &[Value]| {
        messages
            .iter()
            .map(|message| text(message, "id"))
            .collect::<Vec<_>>()
    };
    assert_eq!(order(&again), order(&polled), "every reader sees one order");
}

/// Sends through a socket, one after the other, and gives the ids of the acked messages.
async fn send_all(user: User, session: String, sender: usize) -> Vec<String> {
    let mut socket = user.device("phone").await;
    let mut acked = Vec::new();
    for n in 0..EACH {
        let ack = socket.message(&session, &format!("{sender}: {n}")).await;
        assert_eq!(ack["type"], "ack", "{ack}");
        acked.push(text(&ack["message"], "id"));
        // The others' pushes; they are not this test's story.
        socket.pushes();
    }
    acked
}

/// Polls from cursor to cursor until everything is there.
async fn poll(reader: User, session: String) -> Vec<Value> {
    let mut seen: Vec<Value> = Vec::new();
    while seen.len() < SENDERS * EACH {
        let cursor = seen.last().map_or(0, |message| number(message, "change"));
        let page = reader
            .rest
            .since(&session, &[("after_change", &cursor.to_string())])
            .await
            .ok();
        seen.extend(page["messages"].as_array().unwrap().iter().cloned());
    }
    seen
}

async fn read_from(reader: &User, session: &str, mut cursor: i64) -> Vec<Value> {
    let mut seen = Vec::new();
    loop {
        let query = [("after_change", &*cursor.to_string()), ("limit", "500")];
        let page = reader.rest.since(session, &query).await.ok();
        seen.extend(page["messages"].as_array().unwrap().iter().cloned());
        cursor = number(&page, "change");
        if page["complete"] == true {
            return seen;
        }
    }
}

/// Changes from 1 without a hole or a double, and times that strictly increase.
fn check_order(messages: &[Value]) {
    let changes: Vec<i64> = messages
        .iter()
        .map(|message| number(message, "change"))
        .collect();
    assert_eq!(changes, (1..=changes.len() as i64).collect::<Vec<_>>());
    for pair in messages.windows(2) {
        // RFC 3339 with a fixed number of digits sorts like the times themselves.
        assert!(
            text(&pair[0], "created_at") < text(&pair[1], "created_at"),
            "{pair:#?}"
        );
    }
}

fn text(value: &Value, name: &str) -> String {
    value[name]
        .as_str()
        .unwrap_or_else(|| panic!("no {name} in {value}"))
        .to_owned()
}

fn number(value: &Value, name: &str) -> i64 {
    value[name]
        .as_i64()
        .unwrap_or_else(|| panic!("no {name} in {value}"))
}
