//! The list of recent messages in Redis never says less than what was acked.

mod herd;
mod interleavings;
mod twins;

use redis::AsyncCommands;
use serde_json::{Value, json};
use tests::{TestStack, User};
use tokio::task::JoinSet;

fn uuid_of(session: &str) -> &str {
    session.split('.').next().unwrap()
}

fn key(session: &str, part: &str) -> String {
    format!("{{s:{}}}:{part}", uuid_of(session))
}

async fn count_after(user: &User, session: &str, change: i64) -> i64 {
    let page = user
        .rest
        .since(session, &[("after_change", &change.to_string())])
        .await
        .ok();
    page["message_count"].as_i64().unwrap()
}

/// Whoever was acked finds the message in every later sync, while the list is dropped and refilled all the time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_acked_message_is_in_every_later_sync_however_sends_refills_and_drops_race() {
    let stack = TestStack::start().await;
    let owner = stack.guest().await;
    let session = owner.open_session("Race").await;
    let mut senders = JoinSet::new();
    for n in 0..4 {
        let user = stack.guest().await;
        owner
            .rest
            .add_member(&session, &user.id, "member")
            .await
            .ok();
        senders.spawn(send_and_look(user, owner.clone(), session.clone(), n));
    }
    let mut keys = stack.keys().await;
    let mut drops = 0;
    while !senders.is_empty() {
        let lists = [
            key(&session, "state"),
            key(&session, "recent"),
            key(&session, "members"),
            key(&session, "lease"),
        ];
        keys.del::<_, ()>(&lists).await.unwrap();
        drops += 1;
        tokio::time::sleep(std::time::Duration::from_millis(7)).await;
        while let Some(done) = senders.try_join_next() {
            done.unwrap();
        }
    }
    assert!(drops > 10, "the list was dropped {drops} times");
    assert_eq!(
        owner
            .rest
            .since(&session, &[("after_change", "0"), ("limit", "500")])
            .await
            .ok()["message_count"],
        160
    );
}

async fn send_and_look(sender: User, reader: User, session: String, n: usize) {
    let mut socket = sender.device("phone").await;
    for i in 0..40 {
        let ack = socket.message(&session, &format!("{n} {i}")).await;
        let change = ack["message"]["change"]
            .as_i64()
            .unwrap_or_else(|| panic!("no ack: {ack}"));
        let page = reader
            .rest
            .since(&session, &[("after_change", &(change - 1).to_string())])
            .await
            .ok();
        let first: &Value = &page["messages"][0];
        assert_eq!(
            first["id"], ack["message"]["id"],
            "acked and not to be found: {ack} in {page}"
        );
        socket.pushes();
    }
}

/// A function that dies between its commit and its append leaves its announcement: the list is not believed.
#[tokio::test]
async fn a_send_that_never_reported_back_is_found() {
    let stack = TestStack::start().await;
    let ada = stack.guest().await;
    let session = ada.open_session("Kettles").await;
    let mut phone = ada.device("phone").await;
    phone.message(&session, "One").await;
    assert_eq!(count_after(&ada, &session, 0).await, 1);

    // What the dead function did: announce, commit, and no more.
    let mut keys = stack.keys().await;
    let (seconds, micros): (i64, i64) = redis::cmd("TIME").query_async(&mut keys).await.unwrap();
    let now = seconds * 1_000 + micros / 1_000;
    keys.zadd::<_, _, _, ()>(key(&session, "sends"), "a dead function", now)
        .await
        .unwrap();
    let statement = format!(
        "SELECT outcome FROM message_send('{}', '{}', 'k', gen_random_uuid(), 'Two', '{{}}', '1 day')",
        uuid_of(&session),
        ada.id
    );
    stack
        .database()
        .await
        .simple_query(&statement)
        .await
        .unwrap();
    assert_eq!(
        count_after(&ada, &session, 1).await,
        1,
        "PostgreSQL is asked while a send is on its way"
    );

    // Half a minute later it is clear that nobody will report back.
    keys.zadd::<_, _, _, ()>(key(&session, "sends"), "a dead function", now - 31_000)
        .await
        .unwrap();
    phone
        .send(&json!({"type": "ping", "cursors": {session.as_str(): 1}}))
        .await;
    assert_eq!(phone.next_of("pong").await["behind"], json!([session]));
    assert_eq!(count_after(&ada, &session, 1).await, 1);
    assert_eq!(
        keys.exists::<_, i64>(key(&session, "recent"))
            .await
            .unwrap(),
        0,
        "the list was dropped"
    );
    assert_eq!(count_after(&ada, &session, 1).await, 1);
    assert_eq!(
        keys.zcard::<_, i64>(key(&session, "recent")).await.unwrap(),
        2,
        "and refilled"
    );
}

/// A Redis that is short of memory evicts keys one by one, here the messages and not what is known of them.
#[tokio::test]
async fn a_list_whose_messages_were_evicted_is_not_believed() {
    let stack = TestStack::start().await;
    let ada = stack.guest().await;
    let session = ada.open_session("Kettles").await;
    let mut phone = ada.device("phone").await;
    for text in ["One", "Two", "Three"] {
        phone.message(&session, text).await;
    }
    assert_eq!(count_after(&ada, &session, 0).await, 3);
    let mut keys = stack.keys().await;
    keys.del::<_, ()>(key(&session, "recent")).await.unwrap();
    assert_eq!(count_after(&ada, &session, 1).await, 2);
    keys.del::<_, ()>(key(&session, "recent")).await.unwrap();
    phone.message(&session, "Four").await;
    assert_eq!(count_after(&ada, &session, 1).await, 3);
}

/// A refill that read PostgreSQL before a send must not apply after it.
#[tokio::test]
async fn a_slow_refill_does_not_overwrite_a_newer_state() {
    let stack = TestStack::start().await;
    let ada = stack.guest().await;
    let session = ada.open_session("Kettles").await;
    let mut phone = ada.device("phone").await;
    phone.message(&session, "One").await;
    let mut keys = stack.keys().await;

    // A reader has missed and holds a lease; it has read PostgreSQL and is slow to come back.
    let state = key(&session, "state");
    keys.del::<_, ()>(&[
        state.clone(),
        key(&session, "recent"),
        key(&session, "members"),
    ])
    .await
    .unwrap();
    keys.set::<_, _, ()>(key(&session, "lease"), "slow")
        .await
        .unwrap();
    phone.message(&session, "Two").await;
    let fill = redis::Script::new(include_str!(
        "../../../../shared/src/session/recent/fill.lua"
    ));
    let applied: i64 = fill
        .key(&state)
        .key(key(&session, "recent"))
        .key(key(&session, "members"))
        .key(key(&session, "lease"))
        .arg(&[
            "slow",
            "1",
            "0",
            "epoch",
            "99999999999999",
            "60",
            "60",
            "1",
            &ada.id,
            "owner",
            "1",
            "{}",
        ])
        .invoke_async(&mut keys)
        .await
        .unwrap();
    assert_eq!(applied, 0);
    assert_eq!(count_after(&ada, &session, 0).await, 2);
}

#[tokio::test]
async fn the_list_holds_the_newest_200_and_older_cursors_are_answered_all_the_same() {
    let stack = TestStack::with()
        .one_process_each()
        .no_schedules()
        .start()
        .await;
    let ada = stack.guest().await;
    let session = ada.open_session("Long").await;
    let mut phone = ada.device("phone").await;
    phone.message(&session, "First").await;
    assert_eq!(count_after(&ada, &session, 0).await, 1);
    for n in 2..=203 {
        phone.message(&session, &n.to_string()).await;
    }
    let mut keys = stack.keys().await;
    assert_eq!(
        keys.zcard::<_, i64>(key(&session, "recent")).await.unwrap(),
        200
    );
    assert_eq!(
        keys.hget::<_, _, i64>(key(&session, "state"), "floor")
            .await
            .unwrap(),
        3
    );
    assert!(keys.ttl::<_, i64>(key(&session, "recent")).await.unwrap() > 0);

    let counted = |change: i64| {
        let work = count_after_page(ada.clone(), session.clone(), change);
        stack.counting(work)
    };
    let (within, counts) = counted(3).await;
    assert_eq!((within, counts.statement_calls()), (200, 0));
    let (before, counts) = counted(2).await;
    assert_eq!((before, counts.statement_calls()), (201, 1));
}

async fn count_after_page(user: User, session: String, change: i64) -> i64 {
    let query = [("after_change", &*change.to_string()), ("limit", "500")];
    user.rest.since(&session, &query).await.ok()["message_count"]
        .as_i64()
        .unwrap()
}
