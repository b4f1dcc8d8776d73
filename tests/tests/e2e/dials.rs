//! What a backend has to survive on AWS, made to happen: two hours in a moment, lost events, storms, and deaths in the middle.

use std::time::{Duration, Instant};

use local::dials::{Dials, PostFault, Refusal, When};
use serde_json::{Value, json};
use tests::{Closed, Conversation, Device, TestStack};
use tokio::time::sleep;

use crate::registry::{eventually, is_watched, sockets_of};

async fn start() -> TestStack {
    TestStack::with().no_schedules().start().await
}

fn dials(stack: &TestStack) -> &Dials {
    stack.stack().dials()
}

async fn pass(stack: &TestStack, minutes: u64) {
    let span = Duration::from_secs(60 * minutes);
    stack.stack().clock().advance(span).await.unwrap();
}

/// The sessions that a pong calls behind, to a client that has them up to `change`.
async fn behind(device: &mut Device, session: &str, change: i64) -> Value {
    let ping = json!({"type": "ping", "cursors": {session: change}});
    device.send(&ping).await;
    device.next_of("pong").await["behind"].take()
}

/// What a sync from `change` on gives.
async fn contents_since(device: &mut Device, session: &str, change: i64) -> Vec<String> {
    let sync = json!({"type": "sync", "cursors": {session: change}});
    let synced = device.request(sync).await;
    let messages = synced["sessions"][0]["messages"].as_array().unwrap();
    let content = |message: &Value| message["content"].as_str().unwrap().to_owned();
    messages.iter().map(content).collect()
}

#[tokio::test]
async fn a_socket_that_never_rests_ends_after_two_hours_and_the_next_one_misses_nothing() {
    let stack = start().await;
    let Conversation { ada, shop, session } = stack.conversation().await;
    let mut phone = ada.device("phone").await;
    shop.rest.send(&session, "m1", "Before").await.ok();
    let began = Instant::now();
    for _ in 0..13 {
        pass(&stack, 9).await;
        behind(&mut phone, &session, 1).await;
    }
    pass(&stack, 4).await;
    let closed = phone.closed().await;
    let reason = "Going away".to_owned();
    assert_eq!(closed, Closed { code: 1001, reason });
    shop.rest.send(&session, "m2", "While away").await.ok();
    let mut phone = ada.device("phone").await;
    assert_eq!(
        contents_since(&mut phone, &session, 1).await,
        ["While away"]
    );
    assert!(began.elapsed() < Duration::from_secs(60));
}

#[tokio::test]
async fn ten_silent_minutes_end_a_socket_and_a_message_in_between_does_not() {
    let stack = start().await;
    let Conversation { ada, session, .. } = stack.conversation().await;
    let (mut silent, mut lively) = (ada.device("tablet").await, ada.device("phone").await);
    pass(&stack, 6).await;
    behind(&mut lively, &session, 0).await;
    pass(&stack, 6).await;
    assert_eq!(silent.closed().await.code, 1001);
    behind(&mut lively, &session, 0).await;
    eventually(vec!["phone".to_owned()], async || {
        sockets_of(&stack, &ada).await.into_keys().collect()
    })
    .await;
}

#[tokio::test]
async fn a_lost_disconnect_is_made_up_for_by_the_heartbeat() {
    let stack = TestStack::with()
        .variable("WS_PONG_WAIT", "1s")
        .no_schedules()
        .start()
        .await;
    let ada = stack.guest().await;
    let phone = ada.device("phone").await;
    let id = sockets_of(&stack, &ada).await["phone"].clone();
    dials(&stack).disconnects().drop_next(1);
    phone.vanish();
    eventually(0, async || dials(&stack).disconnects().left()).await;
    assert!(is_watched(&stack, &id).await, "nobody was told");
    // The function goes by the clock of the machine.
    sleep(Duration::from_millis(1_100)).await;
    stack.run_schedule("HeartbeatFunctionEveryMinute");
    eventually(false, async || is_watched(&stack, &id).await).await;
    assert!(sockets_of(&stack, &ada).await.is_empty());
}

#[tokio::test]
async fn a_storm_of_429_loses_pushes_but_no_message() {
    let stack = start().await;
    let Conversation { ada, shop, session } = stack.conversation().await;
    let (mut phone, mut desk) = (ada.device("phone").await, shop.device("desk").await);
    // Each push is tried twice.
    let storm = PostFault::Refuse(Refusal::Throttled);
    dials(&stack).posts().set(storm, 4, None);
    for content in ["One", "Two"] {
        assert_eq!(desk.message(&session, content).await["type"], "ack");
    }
    desk.message(&session, "Three").await;
    let push = phone.next_of("message").await;
    assert_eq!(
        (&push["message"]["content"], &push["prev"]),
        (&json!("Three"), &json!(2)),
        "the hole is there to be seen"
    );
    assert_eq!(
        contents_since(&mut phone, &session, 0).await,
        ["One", "Two", "Three"]
    );
    assert_eq!(sockets_of(&stack, &ada).await.len(), 1, "a storm is no end");
}

#[tokio::test]
async fn a_410_forgets_that_connection_alone_until_it_pings() {
    let stack = start().await;
    let Conversation { ada, shop, session } = stack.conversation().await;
    let (mut phone, mut tablet) = (ada.device("phone").await, ada.device("tablet").await);
    let mut desk = shop.device("desk").await;
    let id = sockets_of(&stack, &ada).await["phone"].clone();
    let gone = PostFault::Refuse(Refusal::Gone);
    dials(&stack).posts().set(gone, 1, Some(id));
    assert_eq!(desk.message(&session, "One").await["type"], "ack");
    assert_eq!(tablet.next_of("message").await["message"]["content"], "One");
    assert!(sockets_of(&stack, &ada).await.keys().eq(["tablet"]));

    assert_eq!(behind(&mut phone, &session, 0).await, json!([session]));
    desk.message(&session, "Two").await;
    assert_eq!(phone.next_of("message").await["message"]["content"], "Two");
}

/// As one does that was still opening when the push came.
#[tokio::test]
async fn a_socket_that_pings_after_its_410_stays_known_whatever_the_other_pushes_take() {
    let stack = start().await;
    let Conversation { ada, shop, session } = stack.conversation().await;
    let (mut phone, _tablet) = (ada.device("phone").await, ada.device("tablet").await);
    let mut desk = shop.device("desk").await;
    let sockets = sockets_of(&stack, &ada).await;
    let slow = PostFault::Delay(Duration::from_millis(1_500));
    let gone = PostFault::Refuse(Refusal::Gone);
    for (fault, device) in [(gone, "phone"), (slow, "tablet")] {
        let id = sockets[device].clone();
        dials(&stack).posts().set(fault, 1, Some(id));
    }
    let (ack, ()) = tokio::join!(desk.message(&session, "One"), async {
        eventually(json!([]), async || posts_to_come(&stack).await).await;
        behind(&mut phone, &session, 0).await;
    });
    assert_eq!(ack["type"], "ack");
    assert_eq!(sockets_of(&stack, &ada).await, sockets);
}

/// The faults of posts that have not happened yet.
async fn posts_to_come(stack: &TestStack) -> Value {
    let mut dials = stack.rest().get("/_local/dials", &[]).await.ok();
    dials["posts"].take()
}

#[tokio::test]
async fn pushes_that_overtake_each_other_show_it() {
    let stack = start().await;
    let Conversation { ada, shop, session } = stack.conversation().await;
    let (mut phone, mut desk) = (ada.device("phone").await, shop.device("desk").await);
    // The function of the second message is warm, so that the first need not wait for long.
    desk.message(&session, "Before").await;
    phone.next_of("message").await;
    let id = sockets_of(&stack, &ada).await["phone"].clone();
    dials(&stack).posts().set(PostFault::Reorder, 2, Some(id));
    let (one, two) = tokio::join!(shop.rest.send(&session, "m1", "One"), async {
        eventually(json!(1), async || still_to_reorder(&stack).await).await;
        desk.message(&session, "Two").await
    });
    one.ok();
    assert_eq!(two["type"], "ack");
    let (first, second) = (
        phone.next_of("message").await,
        phone.next_of("message").await,
    );
    assert_eq!((&first["prev"], &second["prev"]), (&json!(2), &json!(1)));
}

/// How many posts are awaited before those that are held are made.
async fn still_to_reorder(stack: &TestStack) -> Value {
    let mut dials = stack.rest().get("/_local/dials", &[]).await.ok();
    dials["posts"][0]["reorder"].take()
}

#[tokio::test]
async fn a_function_killed_between_commit_and_push_has_stored_the_message_once() {
    let stack = start().await;
    let Conversation { ada, shop, session } = stack.conversation().await;
    let (mut phone, mut desk) = (ada.device("phone").await, shop.device("desk").await);
    behind(&mut phone, &session, 0).await;
    dials(&stack)
        .kills()
        .set("WsMessageFunction", When::AtPost, 1);
    let frame = json!({"type": "message", "id": "m1", "session_id": session, "content": "One"});
    desk.send(&frame).await;
    assert_eq!(desk.next().await["message"], "Internal server error");
    let again = desk.request(frame).await;
    assert_eq!(
        (
            &again["type"],
            &again["duplicate"],
            &again["message"]["seq"]
        ),
        (&json!("ack"), &json!(true), &json!(1))
    );
    assert_eq!(behind(&mut phone, &session, 0).await, json!([session]));
    assert_eq!(contents_since(&mut phone, &session, 0).await, ["One"]);
}

#[tokio::test]
async fn a_function_killed_before_its_ack_has_pushed_and_acks_the_retry() {
    let stack = start().await;
    let Conversation { ada, shop, session } = stack.conversation().await;
    let (mut phone, mut desk) = (ada.device("phone").await, shop.device("desk").await);
    dials(&stack)
        .kills()
        .set("WsMessageFunction", When::BeforeAnswer, 1);
    let frame = json!({"type": "message", "id": "m1", "session_id": session, "content": "One"});
    desk.send(&frame).await;
    assert_eq!(desk.next().await["message"], "Internal server error");
    assert_eq!(phone.next_of("message").await["message"]["content"], "One");
    assert_eq!(desk.request(frame).await["duplicate"], true);
}

#[tokio::test]
async fn a_cut_or_slow_redis_costs_time_and_no_message() {
    let stack = start().await;
    let Conversation { ada, shop, session } = stack.conversation().await;
    let (mut phone, mut desk) = (ada.device("phone").await, shop.device("desk").await);
    desk.message(&session, "One").await;
    let redis = dials(&stack).redis();
    redis.cut().unwrap();
    assert_eq!(desk.message(&session, "Two").await["message"]["seq"], 2);
    // Longer than the functions wait.
    redis.slow(Duration::from_millis(600)).unwrap();
    assert_eq!(desk.message(&session, "Three").await["message"]["seq"], 3);
    redis.restore().unwrap();
    assert_eq!(
        contents_since(&mut phone, &session, 0).await,
        ["One", "Two", "Three"]
    );
    behind(&mut phone, &session, 3).await;
    desk.message(&session, "Four").await;
    let pushed = phone.next_of("message").await;
    assert_eq!(pushed["message"]["content"], "One");
    assert_eq!(phone.next_of("message").await["message"]["content"], "Four");
}

#[tokio::test]
async fn a_cut_postgresql_is_told_and_a_slow_one_is_waited_for() {
    let stack = start().await;
    let Conversation { shop, session, .. } = stack.conversation().await;
    let mut desk = shop.device("desk").await;
    desk.message(&session, "One").await;
    let postgres = dials(&stack).postgres();
    postgres.cut().unwrap();
    let frame = json!({"type": "message", "id": "m2", "session_id": session, "content": "Two"});
    let refused = desk.request(frame.clone()).await;
    assert_eq!(
        (&refused["code"], &refused["retry"]),
        (&json!("unavailable"), &json!(true))
    );
    postgres.restore().unwrap();
    let ack = desk.request(frame).await;
    assert_eq!(
        (&ack["duplicate"], &ack["message"]["seq"]),
        (&json!(false), &json!(2))
    );
    postgres.slow(Duration::from_millis(200)).unwrap();
    let asked = Instant::now();
    assert_eq!(desk.message(&session, "Three").await["type"], "ack");
    assert!(asked.elapsed() >= Duration::from_millis(200));
}
