//! Both sides of every limit on requests and frames, and what the answers say of it.

use serde_json::json;
use tests::{Reply, TestStack};

async fn start(variable: &str, max: u32) -> TestStack {
    TestStack::with()
        .variable(variable, &max.to_string())
        .no_schedules()
        .start()
        .await
}

/// Two were allowed and counted down, the third was not.
#[track_caller]
fn assert_two_of_three(replies: &[Reply; 3]) {
    let rates = replies.each_ref().map(|reply| {
        (
            reply.header("x-ratelimit-limit"),
            reply.header("x-ratelimit-remaining"),
        )
    });
    let (two, one, none) = (Some("1"), Some("0"), Some("0"));
    assert_eq!(rates, [two, one, none].map(|left| (Some("2"), left)));
    assert!(replies[0].status.is_success(), "{:#}", replies[0].body);
    assert!(replies[1].status.is_success(), "{:#}", replies[1].body);
    assert_eq!(replies[2].code(), Some("rate_limited"));
    let [first, _, third] = replies.each_ref().map(|reply| reply.header("retry-after"));
    assert!(first.is_none() && third.is_some());
}

#[tokio::test]
async fn guests_have_a_limit_by_address() {
    let stack = start("RATE_LIMIT_GUESTS", 2).await;
    let rest = stack.rest();
    assert_two_of_three(&[rest.guest().await, rest.guest().await, rest.guest().await]);
}

#[tokio::test]
async fn tickets_have_a_limit_by_user() {
    let stack = start("RATE_LIMIT_TICKETS", 2).await;
    let (ada, bob) = (stack.guest().await.rest, stack.guest().await.rest);
    assert_two_of_three(&[
        ada.ticket("a").await,
        ada.ticket("b").await,
        ada.ticket("c").await,
    ]);
    bob.ticket("a").await.ok();
}

#[tokio::test]
async fn refreshes_have_a_limit_by_address_and_one_that_is_refused_uses_up_no_token() {
    let stack = start("RATE_LIMIT_REFRESH", 2).await;
    let rest = stack.rest();
    let [a, b, c] = [
        stack.guest().await,
        stack.guest().await,
        stack.guest().await,
    ]
    .map(|guest| guest.refresh_token);
    assert_two_of_three(&[
        rest.refresh(&a).await,
        rest.refresh(&b).await,
        rest.refresh(&c).await,
    ]);
    stack.stop_redis().await;
    // The instance's own bucket stands behind the limit; its first two go through.
    rest.refresh(&c).await.ok();
}

#[tokio::test]
async fn typing_has_a_limit_by_connection() {
    let stack = start("RATE_LIMIT_TYPING", 1).await;
    let conversation = stack.conversation().await;
    let mut phone = conversation.ada.device("phone").await;
    let mut desk = conversation.shop.device("desk").await;
    let typing = json!({"type": "user_typing", "session_id": conversation.session, "typing": true});
    // A cold start takes its time, and a second is short.
    desk.send(&typing).await;
    phone.next_of("user_typing").await;
    phone.send(&typing).await;
    desk.next_of("user_typing").await;
    phone.send(&typing).await;
    let refused = phone.next_of("error").await;
    assert_eq!(refused["code"], "rate_limited");
    assert_eq!(refused["rate"]["limit"], 1);
    let wait = refused["retry_after_ms"].as_u64().unwrap();
    assert!((1..=1_000).contains(&wait), "{wait} ms");
    // Another connection of the same user has its own.
    let mut laptop = conversation.ada.device("laptop").await;
    laptop.send(&typing).await;
    desk.next_of("user_typing").await;
    assert!(desk.pushes().is_empty());
}

#[tokio::test]
async fn read_marks_have_a_limit_by_connection() {
    let stack = start("RATE_LIMIT_READS", 1).await;
    let conversation = stack.conversation().await;
    let mut phone = conversation.ada.device("phone").await;
    // A cold start takes its time, and a second is short.
    phone.message(&conversation.session, "One").await;
    let read = json!({"type": "read", "session_id": conversation.session, "seq": 1});
    let both = [phone.request(read.clone()).await, phone.request(read).await];
    assert_eq!(both[0]["type"], "ack");
    assert_eq!(both[1]["code"], "rate_limited");
    assert_eq!(both[1]["rate"]["remaining"], 0);
}

#[tokio::test]
async fn pings_and_syncs_have_a_limit_by_connection() {
    let stack = start("RATE_LIMIT_SYNCS", 2).await;
    let conversation = stack.conversation().await;
    let (mut phone, mut laptop) = (
        conversation.ada.device("phone").await,
        conversation.ada.device("laptop").await,
    );
    let sync = json!({"type": "sync", "cursors": {conversation.session.as_str(): 0}});
    // A cold start takes its time, and a second is short.
    phone.request(sync.clone()).await;
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    phone.send(&json!({"type": "ping"})).await;
    phone.next_of("pong").await;
    assert_eq!(phone.request(sync.clone()).await["type"], "sync");
    let refused = phone.request(sync.clone()).await;
    assert_eq!(refused["code"], "rate_limited");
    assert_eq!(refused["rate"]["limit"], 2);
    phone.send(&json!({"type": "ping"})).await;
    assert_eq!(phone.next_of("error").await["code"], "rate_limited");
    // Another connection of the same user has its own.
    assert_eq!(laptop.request(sync).await["type"], "sync");
}

#[tokio::test]
async fn requests_have_a_limit_by_user() {
    let stack = start("RATE_LIMIT_REQUESTS", 2).await;
    let (ada, bob) = (stack.guest().await.rest, stack.guest().await.rest);
    // A cold start takes its time, and a second is short.
    ada.sessions().await.ok();
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    assert_two_of_three(&[
        ada.sessions().await,
        ada.sessions().await,
        ada.sessions().await,
    ]);
    bob.sessions().await.ok();
    stack.stop_redis().await;
    // The instance's own bucket stands behind the limit; its first two go through.
    ada.sessions().await.ok();
}

#[tokio::test]
async fn a_duplicate_and_a_send_that_is_refused_use_up_none_of_the_days_share() {
    let stack = TestStack::with()
        .variable("QUOTA_MESSAGES", "3")
        .no_schedules()
        .start()
        .await;
    let ada = stack.guest().await;
    let session = ada.open_session("much").await;
    for _ in 0..5 {
        ada.rest.send(&session, "k1", "one").await.ok();
    }
    let conflict = ada.rest.send(&session, "k1", "another").await;
    assert_eq!(conflict.code(), Some("idempotency_conflict"));
    ada.rest.send(&session, "k2", "two").await.ok();
    ada.rest.send(&session, "k3", "three").await.ok();
    let over = ada.rest.send(&session, "k4", "four").await;
    assert_eq!(over.code(), Some("quota_exceeded"));
}

#[tokio::test]
async fn a_send_that_is_too_fast_uses_up_none_of_the_days_share() {
    let stack = TestStack::with()
        .variable("RATE_LIMIT_MESSAGES", "2")
        .variable("QUOTA_MESSAGES", "4")
        .one_process_each()
        .no_schedules()
        .start()
        .await;
    let ada = stack.guest().await;
    let session = ada.open_session("fast").await;
    let mut phone = ada.device("phone").await;
    phone.message(&session, "one").await;
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    // Side by side, so that a slow machine cannot spread them.
    let frame = |n: i32| json!({"type": "message", "id": format!("f{n}"), "session_id": session, "content": "x"});
    for n in 0..6 {
        phone.send(&frame(n)).await;
    }
    let mut codes = Vec::new();
    for _ in 0..6 {
        let answer = phone.next().await;
        codes.push(answer["code"].as_str().unwrap_or("ack").to_owned());
    }
    let count = |code: &str| codes.iter().filter(|other| *other == code).count();
    assert_eq!((count("ack"), count("rate_limited")), (2, 4), "{codes:?}");
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    assert_eq!(phone.message(&session, "the fourth").await["type"], "ack");
    let fifth = phone.message(&session, "the fifth").await;
    assert_eq!(fifth["code"], "quota_exceeded");
}

#[tokio::test]
async fn a_user_owns_so_many_sessions_and_not_one_more() {
    let stack = start("SESSIONS_PER_USER", 2).await;
    let (ada, bob) = (stack.guest().await, stack.guest().await);
    let tries = futures_util::future::join_all((0..4).map(|_| ada.rest.open_session("one"))).await;
    let opened: Vec<_> = tries.iter().filter(|reply| reply.status == 201).collect();
    assert_eq!(opened.len(), 2);
    let refused = tries.iter().find(|reply| reply.status != 201).unwrap();
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (409, Some("limit_reached"))
    );
    // To be a member elsewhere is no session of one's own.
    let session = bob.open_session("Bob's").await;
    bob.rest.add_member(&session, &ada.id, "member").await.ok();
    let first = opened[0].body["session_id"].as_str().unwrap();
    ada.rest.delete_session(first).await;
    ada.open_session("again").await;
}

#[tokio::test]
async fn a_session_has_so_many_members_and_not_one_more() {
    let stack = start("MEMBERS_PER_SESSION", 2).await;
    let users = [
        stack.guest().await,
        stack.guest().await,
        stack.guest().await,
    ];
    let [ada, bob, eve] = &users;
    let session = ada.open_session("two").await;
    let invite = ada.rest.invite(&session, &json!({})).await.ok();
    ada.rest.add_member(&session, &bob.id, "member").await.ok();
    let refused = ada.rest.add_member(&session, &eve.id, "member").await;
    assert_eq!(refused.code(), Some("limit_reached"));
    let secret = invite["invite"].as_str().unwrap();
    let refused = eve.rest.accept_invite(secret).await;
    assert_eq!(refused.code(), Some("limit_reached"));
    // Another role for a member adds none.
    ada.rest
        .add_member(&session, &bob.id, "assistant")
        .await
        .ok();
    ada.rest.remove_member(&session, &bob.id).await;
    eve.rest.accept_invite(secret).await.ok();
}

#[tokio::test]
async fn invites_have_a_limit_by_user() {
    let stack = start("RATE_LIMIT_INVITES", 2).await;
    let ada = stack.guest().await;
    let session = ada.open_session("team").await;
    let invite = async || ada.rest.invite(&session, &json!({})).await;
    assert_two_of_three(&[invite().await, invite().await, invite().await]);
    let stranger = stack.guest().await.rest;
    for _ in 0..2 {
        let refused = stranger.accept_invite("nobody's").await;
        assert_eq!(refused.code(), Some("invite_invalid"));
        assert!(refused.header("x-ratelimit-remaining").is_some());
    }
    let refused = stranger.accept_invite("nobody's").await;
    assert_eq!(refused.code(), Some("rate_limited"));
}
