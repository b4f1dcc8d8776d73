//! With the list and without it, a client gets the same answers, whatever was sent, edited, deleted and dropped.

use serde_json::Value;
use tests::{Rest, TestStack, User};

use super::uuid_of;

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    /// From 0 to one below `sides`.
    fn roll(&mut self, sides: usize) -> usize {
        // Knuth's constants for a linear congruential generator; its upper bits are the good ones.
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % sides
    }
}

/// More than the list holds, so that it has a floor.
const SAID_BEFORE: i64 = 230;
const STEPS: usize = 120;

async fn said_before(stack: &TestStack, user: &User, session: &str) {
    let uuid = uuid_of(session);
    let statement = format!(
        "SELECT message_send('{uuid}', '{user}', n::text, gen_random_uuid(), 'Said ' || n, '{{}}', '1 day')
         FROM generate_series(1, {SAID_BEFORE}) n",
        user = user.id
    );
    stack
        .database()
        .await
        .simple_query(&statement)
        .await
        .unwrap();
}

/// What the client knows of each message: id, revision, when it was said.
type Known = Vec<(String, i64, String)>;

async fn known(rest: &Rest, session: &str) -> Known {
    let mut known = Known::new();
    let mut before = i64::MAX.to_string();
    loop {
        let page = [("before_seq", &*before), ("limit", "200")];
        let page = rest.history(session, &page).await.ok();
        let messages = page["messages"].as_array().unwrap();
        for message in messages.iter().rev() {
            let text = |name: &str| message[name].as_str().unwrap().to_owned();
            known.push((
                text("id"),
                message["rev"].as_i64().unwrap(),
                text("created_at"),
            ));
        }
        if page["complete"] == true {
            known.reverse();
            return known;
        }
        before = messages[0]["seq"].to_string();
    }
}

/// Says, edits, deletes, or drops the list. Most of it happens to what was said last.
async fn something(
    dice: &mut Dice,
    stack: &TestStack,
    user: &User,
    session: &str,
    known: &mut Known,
) {
    let one = if dice.roll(4) == 0 {
        dice.roll(known.len())
    } else {
        known.len() - 1 - dice.roll(10)
    };
    match dice.roll(10) {
        0..=3 => {
            let ack = user
                .rest
                .send(session, &format!("k{}", known.len()), "More")
                .await
                .ok();
            let text = |name: &str| ack["message"][name].as_str().unwrap().to_owned();
            known.push((text("id"), 1, text("created_at")));
        }
        4..=7 => {
            let (id, rev, _) = known[one].clone();
            let edit = user
                .rest
                .edit(session, &id, rev, &format!("Edit {}", dice.roll(1_000)))
                .await;
            if edit.status == 200 {
                known[one].1 = edit.body["message"]["rev"].as_i64().unwrap();
            } else {
                assert_eq!(edit.code(), Some("conflict"), "a tombstone is not edited");
            }
        }
        8 => {
            let (id, rev, _) = known[one].clone();
            let deletion = user.rest.delete_message(session, &id, rev).await;
            if deletion.status == 200 {
                known[one].1 += 1;
            }
        }
        _ => {
            let mut keys = stack.keys().await;
            let state = super::key(session, "state");
            redis::cmd("DEL")
                .arg(state)
                .query_async::<()>(&mut keys)
                .await
                .unwrap();
        }
    }
}

/// Where a client may have left off.
fn anywhere(dice: &mut Dice, head: i64, known: &Known) -> (&'static str, String) {
    let change = if dice.roll(2) == 0 {
        dice.roll(head as usize + 3) as i64
    } else {
        head + 2 - dice.roll(10) as i64
    };
    let message = &known[known.len() - 1 - dice.roll(known.len().min(230))];
    match dice.roll(4) {
        0 | 1 => ("after_change", change.to_string()),
        2 => ("after_id", message.0.clone()),
        _ => ("since", message.2.clone()),
    }
}

#[tokio::test]
async fn answers_are_the_same_with_the_list_and_without() {
    let stack = TestStack::with().no_schedules().start().await;
    let without = TestStack::with()
        .variable("CACHE", "off")
        .on_database_of(&stack)
        .no_schedules();
    let without = without.start().await;
    let ada = stack.guest().await;
    let plain = ada.rest.at(&without);
    let session = &ada.open_session("Twins").await;
    said_before(&stack, &ada, session).await;
    let mut known = known(&ada.rest, session).await;
    let (mut dice, mut compared) = (Dice(20_261_124), Vec::new());
    for _ in 0..STEPS {
        something(&mut dice, &stack, &ada, session, &mut known).await;
        let head = ada.rest.session(session).await.ok()["change"]
            .as_i64()
            .unwrap();
        for _ in 0..2 {
            let (name, value) = anywhere(&mut dice, head, &known);
            let limit = ["1", "7", "100", "500"][dice.roll(4)];
            let query = [(name, &*value), ("limit", limit)];
            let (with, plain) = tokio::join!(
                ada.rest.since(session, &query),
                plain.since(session, &query)
            );
            assert_eq!(
                (with.status, &with.body),
                (plain.status, &plain.body),
                "{query:?}"
            );
            compared.push(with.body);
        }
    }
    // The walk came everywhere.
    let some = |is: fn(&Value) -> bool| compared.iter().filter(|body| is(body)).count();
    assert!(some(|body| body["complete"] == true) > 50);
    assert!(some(|body| body["complete"] == false) > 20);
    assert!(some(|body| body["code"] == "reset") > 0);
    assert!(some(|body| body["message_count"] == 0) > 0);
}
