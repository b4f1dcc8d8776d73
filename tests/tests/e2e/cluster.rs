//! Nothing changes on a Redis Cluster. These run always; with `GATEPOST_TEST_REDIS=cluster` all tests run on one.

use std::time::{Duration, Instant};

use redis::aio::ConnectionLike;
use serde_json::{Value, json};
use tests::{Conversation, Device, TestStack};

/// Asks one node what a cluster's client would not.
async fn ask<T: redis::FromRedisValue>(stack: &TestStack, node: usize, command: &str) -> T {
    let mut connection = stack.node(node).await;
    let mut words = command.split(' ');
    let mut question = redis::cmd(words.next().unwrap());
    question.arg(words.collect::<Vec<_>>());
    let answer = connection.req_packed_command(&question).await.unwrap();
    redis::from_redis_value(answer).unwrap()
}

/// The hash tag of a session's keys.
fn tag(session: &str) -> String {
    format!("{{s:{}}}", session.split('.').next().unwrap())
}

async fn ping(device: &mut Device, session: &str, change: i64) -> Value {
    device
        .send(&json!({"type": "ping", "cursors": {session: change}}))
        .await;
    device.next_of("pong").await
}

#[tokio::test]
async fn a_conversation_costs_no_more_trips_in_sequence_than_on_one_node() {
    let stack = TestStack::with()
        .redis_cluster()
        .one_process_each()
        .no_schedules()
        .start()
        .await;
    let Conversation { ada, shop, session } = stack.conversation().await;
    let (mut phone, mut desk) = (ada.device("phone").await, shop.device("desk").await);
    for n in 1..=3 {
        phone.message(&session, "Do you have it in blue?").await;
        assert_eq!(desk.next_of("message").await["message"]["seq"], n);
    }
    shop.rest
        .since(&session, &[("after_change", "0")])
        .await
        .ok();
    let (page, counts) = stack
        .counting(shop.rest.since(&session, &[("after_change", "0")]))
        .await;
    assert_eq!(page.ok()["message_count"], 3);
    assert_eq!(counts.statement_calls(), 0, "{counts:#?}");
    desk.send(&json!({"type": "user_typing", "session_id": session, "typing": true}))
        .await;
    assert_eq!(phone.next_of("user_typing").await["user_id"], shop.id);
    assert_eq!(ping(&mut desk, &session, 3).await["behind"], json!([]));
    // A ticket is used up on the cluster, too.
    let url = ada.ticket_url("tablet").await;
    tests::Socket::connect(&url).await.close().await;
    let again = tests::Socket::try_connect(&url).await.unwrap_err();
    assert_eq!(again.status, 403);
    // Keys are spread: which node a session falls to is chance, so there are sessions until every node has some.
    for node in 0..3 {
        while ask::<i64>(&stack, node, "DBSIZE").await == 0 {
            let another = ada.open_session("Green").await;
            // A read fills its list.
            ada.rest
                .since(&another, &[("after_change", "0")])
                .await
                .ok();
        }
    }

    // Two trips for a send, one for a ping: the quickest of some, for a busy machine makes them seem more and never less.
    let delay = Duration::from_millis(120);
    stack.stack().dials().redis().slow(delay).unwrap();
    let (mut send, mut pong) = (Duration::MAX, Duration::MAX);
    for _ in 0..3 {
        let began = Instant::now();
        let ack = phone.message(&session, "And in green?").await;
        assert!(ack.get("rate").is_some(), "Redis was reached: {ack}");
        send = send.min(began.elapsed());
        let began = Instant::now();
        ping(&mut phone, &session, 3).await;
        pong = pong.min(began.elapsed());
    }
    assert!(delay * 2 <= send && send < delay * 3, "{send:?}");
    assert!(delay <= pong && pong < delay * 2, "{pong:?}");
}

#[tokio::test]
async fn redirects_are_followed_and_nobody_notices() {
    let stack = TestStack::with()
        .redis_cluster()
        .no_schedules()
        .start()
        .await;
    let Conversation { ada, shop, session } = stack.conversation().await;
    let (mut phone, mut desk) = (ada.device("phone").await, shop.device("desk").await);
    phone.message(&session, "One").await;
    desk.next_of("message").await;
    let slot: i64 = ask(&stack, 0, &format!("CLUSTER KEYSLOT {}", tag(&session))).await;
    let mut ids = Vec::<String>::new();
    for node in 0..3 {
        ids.push(ask(&stack, node, "CLUSTER MYID").await);
    }
    let owner = (0..3).find(|node| slot < 16_384 * (node + 1) / 3).unwrap() as usize;
    let heir = (owner + 1) % 3;

    for part in ["state", "recent", "members", "sends"] {
        ask::<i64>(&stack, owner, &format!("DEL {}:{part}", tag(&session))).await;
    }
    // The slot is on its way: what the owner does not have any more is asked of the heir (ASK).
    ask::<()>(
        &stack,
        heir,
        &format!("CLUSTER SETSLOT {slot} IMPORTING {}", ids[owner]),
    )
    .await;
    ask::<()>(
        &stack,
        owner,
        &format!("CLUSTER SETSLOT {slot} MIGRATING {}", ids[heir]),
    )
    .await;
    let ack = phone.message(&session, "Two").await;
    assert!(ack.get("rate").is_some(), "Redis was reached: {ack}");
    assert_eq!(desk.next_of("message").await["message"]["seq"], 2);

    // It has moved (MOVED).
    for node in [heir, owner, (owner + 2) % 3] {
        ask::<()>(
            &stack,
            node,
            &format!("CLUSTER SETSLOT {slot} NODE {}", ids[heir]),
        )
        .await;
    }
    let ack = phone.message(&session, "Three").await;
    assert!(ack.get("rate").is_some(), "Redis was reached: {ack}");
    assert_eq!(desk.next_of("message").await["message"]["seq"], 3);
    let page = shop.rest.since(&session, &[("after_change", "0")]).await;
    assert_eq!(page.ok()["message_count"], 3);
    let moved: i64 = ask(&stack, heir, &format!("EXISTS {}:sends", tag(&session))).await;
    assert_eq!(moved, 1, "the session is on its new owner");
}

#[tokio::test]
async fn without_a_node_sends_are_stored_and_with_it_everything_heals() {
    let stack = TestStack::with()
        .redis_cluster()
        .no_schedules()
        .start()
        .await;
    let Conversation { ada, shop, session } = stack.conversation().await;
    let (mut phone, mut desk) = (ada.device("phone").await, shop.device("desk").await);
    phone.message(&session, "One").await;
    desk.next_of("message").await;
    // The first is the one that the address names; the functions know the others by now.
    for (n, node) in stack.redis().nodes()[..2].iter().enumerate() {
        node.kill().await.unwrap();
        let began = Instant::now();
        let seq = 2 * n as i64 + 2;
        let ack = phone.message(&session, "Stored").await;
        assert_eq!(ack["message"]["seq"], seq, "{ack}");
        assert!(
            began.elapsed() < Duration::from_secs(3),
            "{:?}",
            began.elapsed()
        );

        stack.start_redis().await;
        // A ping registers a connection again.
        ping(&mut phone, &session, seq).await;
        ping(&mut desk, &session, seq).await;
        let ack = phone.message(&session, "Pushed").await;
        assert!(ack.get("rate").is_some(), "Redis was reached: {ack}");
        // The one before may have been pushed as well: the node that was away need not have had a key of it.
        while desk.next_of("message").await["message"]["seq"] != seq + 1 {}
    }
    let page = shop.rest.since(&session, &[("after_change", "0")]).await;
    assert_eq!(page.ok()["message_count"], 5);
}
