//! Both sides of every limit, and what the answers say of it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;
use shared::code::Code;
use tests::{Reply, TestStack};
use tokio::time::sleep;

use super::{assert_problem, limited};

/// A 429 tells when to come back in whole seconds, of which this is the range.
#[track_caller]
fn assert_limited(reply: &Reply, code: Code, limit: &str, wait: std::ops::RangeInclusive<u64>) {
    assert_problem(reply, code, None);
    assert_rate(reply, limit, "0");
    let seconds: u64 = reply.header("retry-after").unwrap().parse().unwrap();
    assert!(wait.contains(&seconds), "{seconds} s");
}

#[track_caller]
fn assert_rate(reply: &Reply, limit: &str, remaining: &str) {
    assert_eq!(reply.header("x-ratelimit-limit"), Some(limit));
    assert_eq!(reply.header("x-ratelimit-remaining"), Some(remaining));
    let reset: u64 = reply.header("x-ratelimit-reset").unwrap().parse().unwrap();
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    // A whole day ahead at most, rounded up.
    assert!(
        (now..=now + 86_401).contains(&reset),
        "{reset} is not near {now}"
    );
}

#[tokio::test]
async fn sign_ups_and_log_ins_of_an_address_share_a_limit() {
    let stack = TestStack::with()
        .variable("RATE_LIMIT_AUTH", "2")
        .no_schedules()
        .start()
        .await;
    let nobody = stack.rest();
    let signed_up = nobody.sign_up("ada@example.org", "long enough").await;
    assert_eq!(signed_up.status, 201);
    assert_rate(&signed_up, "2", "1");
    let logged_in = nobody.log_in("ada@example.org", "long enough").await;
    assert_eq!(logged_in.status, 200);
    assert_rate(&logged_in, "2", "0");
    // The next when the first is five minutes old.
    let refused = nobody.log_in("ada@example.org", "long enough").await;
    assert_limited(&refused, Code::RateLimited, "2", 200..=300);
    let refused = nobody.sign_up("bob@example.org", "long enough").await;
    assert_limited(&refused, Code::RateLimited, "2", 200..=300);
    // Who is signed in already goes on.
    nobody
        .refresh(logged_in.ok()["refresh_token"].as_str().unwrap())
        .await
        .ok();
}

#[tokio::test]
async fn a_connection_has_a_rate_and_is_told_when_to_try_again() {
    let stack = TestStack::with()
        .variable("RATE_LIMIT_MESSAGES", "1")
        .no_schedules()
        .start()
        .await;
    let (ada, bob) = (stack.guest().await, stack.guest().await);
    // A cold start takes its time, and a second is short.
    let bobs = bob.open_session("warm").await;
    bob.device("phone").await.message(&bobs, "one").await;
    bob.rest.send(&bobs, "two", "two").await.ok();
    let session = ada.open_session("fast").await;
    let mut phone = ada.device("phone").await;
    phone.send(&json!({"type": "ping"})).await;
    assert_eq!(phone.next().await["type"], "pong");

    let ack = phone.message(&session, "one").await;
    assert_eq!(
        (&ack["rate"]["limit"], &ack["rate"]["remaining"]),
        (&1.into(), &0.into())
    );
    let two = json!({"type": "message", "id": "two", "session_id": session, "content": "two"});
    let refused = phone.request(two.clone()).await;
    let wait = refused["retry_after_ms"].as_u64().unwrap();
    assert!((1..=1_000).contains(&wait), "{wait} ms");
    let rate = refused["rate"].clone();
    assert_eq!((&rate["limit"], &rate["remaining"]), (&1.into(), &0.into()));
    assert_eq!(refused, limited(Code::RateLimited, "two", wait, rate));
    assert_eq!(
        ada.rest.session(&session).await.ok()["change"],
        1,
        "nothing was stored"
    );

    sleep(Duration::from_millis(wait)).await;
    let ack = phone.request(two).await;
    assert_eq!(
        (&ack["message"]["seq"], &ack["duplicate"]),
        (&2.into(), &false.into())
    );

    // Over REST the user has a rate of their own.
    let sent = ada.rest.send(&session, "three", "three").await;
    assert_eq!(sent.status, 201);
    assert_rate(&sent, "1", "0");
    let refused = ada.rest.send(&session, "four", "four").await;
    assert_limited(&refused, Code::RateLimited, "1", 1..=1);
}

#[tokio::test]
async fn a_user_has_a_share_of_messages_a_day_over_all_ways() {
    let stack = TestStack::with()
        .variable("QUOTA_MESSAGES", "2")
        .no_schedules()
        .start()
        .await;
    let (ada, bob) = (stack.guest().await, stack.guest().await);
    let session = ada.open_session("much").await;
    ada.rest.add_member(&session, &bob.id, "member").await.ok();
    let mut phone = ada.device("phone").await;
    assert_eq!(phone.message(&session, "one").await["type"], "ack");
    assert_eq!(ada.rest.send(&session, "k2", "two").await.status, 201);

    // Two a day: the next when the first is a day old.
    let refused = ada.rest.send(&session, "k3", "three").await;
    assert_limited(&refused, Code::QuotaExceeded, "2", 86_300..=86_400);
    let three = json!({"type": "message", "id": "k3", "session_id": session, "content": "three"});
    let refused = phone.request(three).await;
    let wait = refused["retry_after_ms"].as_u64().unwrap();
    assert!((86_300_000..=86_400_000).contains(&wait), "{wait} ms");
    let rate = refused["rate"].clone();
    assert_eq!((&rate["limit"], &rate["remaining"]), (&2.into(), &0.into()));
    assert_eq!(refused, limited(Code::QuotaExceeded, "k3", wait, rate));

    assert_eq!(
        bob.rest.send(&session, "k1", "mine").await.status,
        201,
        "others have their own"
    );
    assert_eq!(ada.rest.session(&session).await.ok()["change"], 3);
}
