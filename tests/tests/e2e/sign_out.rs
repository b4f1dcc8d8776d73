//! The end of a sign-in: its tokens, its tickets and its sockets end with it, and nobody else's.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::{Device, Socket, TestStack, User};

use crate::registry::sockets_of;

/// A socket of an ended sign-in is closed within this.
const SOON: Duration = Duration::from_secs(5);

async fn start() -> TestStack {
    TestStack::with().no_schedules().start().await
}

/// The same account, signed in once more.
async fn log_in(stack: &TestStack) -> User {
    let tokens = stack
        .rest()
        .log_in("ada@example.org", "long enough")
        .await
        .ok();
    User::new(stack.rest(), &tokens)
}

async fn assert_signed_out(device: &mut Device, since: Instant) {
    let bye = device.next_of("bye").await;
    assert_eq!(
        bye,
        json!({"type": "bye", "code": "signed_out", "retry": false})
    );
    assert_eq!(device.closed().await.code, 1_000);
    assert!(since.elapsed() < SOON, "{:?}", since.elapsed());
}

async fn assert_open(device: &mut Device) {
    device.send(&json!({"type": "ping"})).await;
    assert_eq!(device.next().await["type"], "pong");
}

async fn refused(url: &str) -> u16 {
    let refused = Socket::try_connect(url).await;
    refused.expect_err("the socket stays shut").status.as_u16()
}

#[tokio::test]
async fn a_log_out_ends_the_tokens_tickets_and_sockets_of_one_device() {
    let stack = start().await;
    let phone = stack.sign_up("ada@example.org", "long enough").await;
    let laptop = log_in(&stack).await;
    let (mut on_phone, mut on_laptop) =
        (phone.device("phone").await, laptop.device("laptop").await);
    let ticket = phone.ticket_url("phone").await;

    let began = Instant::now();
    let done = phone.rest.log_out(&phone.refresh_token).await;
    assert_eq!((done.status.as_u16(), done.body), (204, Value::Null));
    assert_signed_out(&mut on_phone, began).await;

    assert_eq!(phone.rest.sessions().await.code(), Some("unauthorized"));
    assert_eq!(
        phone.rest.ticket("phone").await.code(),
        Some("unauthorized")
    );
    assert_eq!(refused(&ticket).await, 403);
    assert_eq!(
        phone.rest.refresh(&phone.refresh_token).await.code(),
        Some("refresh_token_invalid")
    );
    assert_eq!(sockets_of(&stack, &phone).await.len(), 1);

    assert_open(&mut on_laptop).await;
    laptop.rest.sessions().await.ok();
    laptop.rest.refresh(&laptop.refresh_token).await.ok();
}

#[tokio::test]
async fn a_log_out_everywhere_ends_every_device() {
    let stack = start().await;
    let phone = stack.sign_up("ada@example.org", "long enough").await;
    let laptop = log_in(&stack).await;
    let bob = stack.guest().await;
    let mut devices = [phone.device("phone").await, laptop.device("laptop").await];
    let mut stranger = bob.device("phone").await;

    let began = Instant::now();
    let everywhere = json!({"refresh_token": phone.refresh_token, "everywhere": true});
    let done = phone.rest.post("/api/auth/logout", &everywhere).await;
    assert_eq!(done.status, 204);
    for device in &mut devices {
        assert_signed_out(device, began).await;
    }
    for user in [&phone, &laptop] {
        assert_eq!(user.rest.sessions().await.code(), Some("unauthorized"));
        let refresh = user.rest.refresh(&user.refresh_token).await;
        assert_eq!(refresh.code(), Some("refresh_token_invalid"));
    }
    assert_open(&mut stranger).await;
    // The password still opens the account.
    log_in(&stack).await.rest.sessions().await.ok();

    let nonsense = json!({"refresh_token": phone.refresh_token, "everywhere": "yes"});
    let refused = phone.rest.post("/api/auth/logout", &nonsense).await;
    assert_eq!(
        (refused.code(), &refused.body["field"]),
        (Some("invalid_field"), &json!("everywhere"))
    );
}

#[tokio::test]
async fn a_stolen_refresh_token_used_after_its_owner_refreshed_logs_both_out() {
    let stack = start().await;
    let owner = stack.sign_up("ada@example.org", "long enough").await;
    let elsewhere = log_in(&stack).await;
    let stolen = owner.refresh_token.clone();
    let renewed = User::new(stack.rest(), &owner.rest.refresh(&stolen).await.ok());
    let (mut phone, mut laptop) = (
        renewed.device("phone").await,
        elsewhere.device("laptop").await,
    );

    let began = Instant::now();
    let thief = stack.rest().refresh(&stolen).await;
    assert_eq!(thief.code(), Some("refresh_token_reused"));
    assert_signed_out(&mut phone, began).await;
    for user in [&owner, &renewed] {
        assert_eq!(user.rest.sessions().await.code(), Some("unauthorized"));
        let refresh = user.rest.refresh(&user.refresh_token).await;
        assert_eq!(refresh.code(), Some("refresh_token_invalid"));
    }
    // Who signed in by themselves stays.
    assert_open(&mut laptop).await;
    elsewhere.rest.sessions().await.ok();
}

#[tokio::test]
async fn a_guest_without_sessions_who_logs_in_is_told_to_come_back() {
    let stack = start().await;
    stack.sign_up("ada@example.org", "long enough").await;
    let guest = stack.guest().await;
    let mut phone = guest.device("phone").await;
    guest
        .rest
        .log_in("ada@example.org", "long enough")
        .await
        .ok();
    let bye = phone.next_of("bye").await;
    assert_eq!(
        bye,
        json!({"type": "bye", "code": "logged_in", "retry": true})
    );
    assert_eq!(phone.closed().await.code, 1_000);
    assert_eq!(guest.rest.sessions().await.code(), Some("unauthorized"));
}

#[tokio::test]
async fn a_socket_that_redis_forgot_is_closed_at_its_next_ping() {
    let stack = start().await;
    let ada = stack.guest().await;
    let mut phone = ada.device("phone").await;
    let forgotten: i64 = redis::cmd("DEL")
        .arg(format!("{{u:{}}}:conns", ada.id))
        .query_async(&mut stack.keys().await)
        .await
        .unwrap();
    assert_eq!(forgotten, 1);
    ada.rest.log_out(&ada.refresh_token).await;
    phone.send(&json!({"type": "ping"})).await;
    assert_eq!(phone.next().await["code"], "signed_out");
}

/// Has Redis forget a socket, as it does after a close that went wrong.
async fn forget(stack: &TestStack, user: &User, device: &str) {
    let forgotten: i64 = redis::cmd("HDEL")
        .arg(format!("{{u:{}}}:conns", user.id))
        .arg(&sockets_of(stack, user).await[device])
        .query_async(&mut stack.keys().await)
        .await
        .unwrap();
    assert_eq!(forgotten, 1);
}

#[tokio::test]
async fn a_socket_whose_close_was_lost_does_nothing_more_whatever_it_sends() {
    // A sync asks even if it reads nothing in Redis.
    let stack = TestStack::with()
        .variable("CACHE", "off")
        .no_schedules()
        .start()
        .await;
    let owner = stack.sign_up("ada@example.org", "long enough").await;
    let session = owner.open_session("Kettles").await;
    let mut desk = owner.device("desk").await;
    let said = desk.message(&session, "Stays").await["message"].take();
    let id = said["id"].as_str().unwrap();
    let frames = [
        json!({"type": "message", "id": "m2", "session_id": session, "content": "Too late"}),
        json!({"type": "edit", "id": "e", "session_id": session, "message_id": id, "rev": 1, "content": "Other"}),
        json!({"type": "delete", "id": "d", "session_id": session, "message_id": id, "rev": 1}),
        json!({"type": "user_typing", "session_id": session, "typing": true}),
        json!({"type": "read", "id": "r", "session_id": session, "seq": 1}),
        json!({"type": "sync", "id": "s", "cursors": {session.as_str(): 0}}),
    ];
    for frame in frames {
        let ended = log_in(&stack).await;
        let mut phone = ended.device("phone").await;
        forget(&stack, &ended, "phone").await;
        ended.rest.log_out(&ended.refresh_token).await;
        let began = Instant::now();
        phone.send(&frame).await;
        let answer = phone.next().await;
        assert_eq!(answer["code"], "signed_out", "{frame}: {answer}");
        assert_eq!(phone.closed().await.code, 1_000, "{frame}");
        assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
        assert!(sockets_of(&stack, &owner).await.keys().eq(["desk"]));
    }
    desk.silence(Duration::from_millis(300)).await;
    let history = owner.rest.history(&session, &[]).await.ok();
    let messages = history["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 1, "{history}");
    assert_eq!(
        (&messages[0]["rev"], &messages[0]["content"]),
        (&json!(1), &json!("Stays"))
    );
}

#[tokio::test]
async fn what_has_ended_stays_ended_while_redis_is_away() {
    let stack = start().await;
    let (ada, bob) = (stack.guest().await, stack.guest().await);
    ada.rest.log_out(&ada.refresh_token).await;
    stack.stop_redis().await;
    assert_eq!(ada.rest.sessions().await.code(), Some("unauthorized"));
    assert_eq!(ada.rest.ticket("phone").await.code(), Some("unauthorized"));
    bob.rest.sessions().await.ok();
    // And who logs out while it is away.
    assert_eq!(bob.rest.log_out(&bob.refresh_token).await.status, 204);
    assert_eq!(bob.rest.sessions().await.code(), Some("unauthorized"));
    // A Redis that starts again has forgotten: no socket opens all the same.
    stack.start_redis().await;
    assert_eq!(ada.rest.ticket("phone").await.code(), Some("unauthorized"));
}
