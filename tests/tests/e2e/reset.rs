//! A database that was restored from a backup: its clients start over, and nobody misses what was said since.

use redis::AsyncCommands;
use serde_json::{Value, json};
use tests::{Conversation, Device, TestStack, User};

async fn start() -> TestStack {
    TestStack::with().no_schedules().start().await
}

async fn execute(stack: &TestStack, statement: &str) {
    let database = stack.database().await;
    database.simple_query(statement).await.unwrap();
}

async fn flush(stack: &TestStack) {
    let mut keys = stack.keys().await;
    redis::cmd("FLUSHALL")
        .query_async::<()>(&mut keys)
        .await
        .unwrap();
}

/// What a backup from before a change has not seen.
async fn restore(stack: &TestStack, session: &str, change: i64) {
    let uuid = session.split('.').next().unwrap();
    let lost = format!(
        "DELETE FROM messages WHERE session_id = '{uuid}' AND change > {change};
         UPDATE sessions SET change = {change} WHERE id = '{uuid}'"
    );
    execute(stack, &lost).await;
}

async fn behind(device: &mut Device, session: &str, cursor: &Value) -> bool {
    let ping = json!({"type": "ping", "cursors": {session: cursor}});
    device.send(&ping).await;
    device.next_of("pong").await["behind"] == json!([session])
}

/// What a sync tells of the session.
async fn synced(device: &mut Device, session: &str, cursor: &Value) -> Value {
    let sync = json!({"type": "sync", "cursors": {session: cursor}});
    device.request(sync).await["sessions"][0].take()
}

/// Asserts that a cursor is refused on all ways, and that nothing is shown.
async fn starts_over(user: &User, device: &mut Device, session: &str, cursor: &Value) {
    assert!(behind(device, session, cursor).await, "{cursor}");
    let told = synced(device, session, cursor).await;
    assert_eq!(
        (&told["error"], &told["messages"], &told["complete"]),
        (&json!("reset"), &json!([]), &json!(false))
    );
    let text = cursor
        .as_str()
        .map_or_else(|| cursor.to_string(), str::to_owned);
    let refused = user.rest.since(session, &[("cursor", &text)]).await;
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (410, Some("reset"))
    );
}

/// A first load by the book, after which the client has the contents and a cursor.
async fn load(user: &User, device: &mut Device, session: &str) -> (Vec<String>, Value) {
    let opened = user.rest.session(session).await.ok();
    let before = (opened["change"].as_i64().unwrap() + 1).to_string();
    let history = user
        .rest
        .history(session, &[("before_seq", &before)])
        .await
        .ok();
    let told = synced(device, session, &opened["cursor"]).await;
    assert_eq!(
        (&told["complete"], &told["messages"]),
        (&json!(true), &json!([]))
    );
    let messages = history["messages"].as_array().unwrap().iter();
    let contents = messages.map(|message| message["content"].as_str().unwrap().to_owned());
    (contents.collect(), told["cursor"].clone())
}

#[tokio::test]
async fn after_a_restore_a_client_starts_over_though_the_session_came_as_far_again() {
    let stack = start().await;
    let Conversation { ada, shop, session } = stack.conversation().await;
    let (mut phone, mut desk) = (ada.device("phone").await, shop.device("desk").await);
    for content in ["One", "Two", "Three"] {
        desk.message(&session, content).await;
    }
    let cursor = synced(&mut phone, &session, &json!(0)).await["cursor"].take();
    assert!(!behind(&mut phone, &session, &cursor).await);

    restore(&stack, &session, 1).await;
    execute(&stack, "SELECT epoch_begin()").await;
    flush(&stack).await;
    // The same numbers again, for other messages: by the number alone the phone would miss them.
    for content in ["Deux", "Trois", "Quatre"] {
        assert_eq!(desk.message(&session, content).await["type"], "ack");
    }
    phone.pushes();
    for _ in 0..2 {
        // From PostgreSQL, then from the list.
        starts_over(&ada, &mut phone, &session, &cursor).await;
    }
    let (contents, cursor) = load(&ada, &mut phone, &session).await;
    assert_eq!(contents, ["One", "Deux", "Trois", "Quatre"]);
    assert!(!behind(&mut phone, &session, &cursor).await);
    let ack = desk.message(&session, "Cinq").await;
    assert_eq!(phone.next_of("message").await["cursor"], ack["cursor"]);
    assert_eq!(
        synced(&mut phone, &session, &cursor).await["messages"][0]["content"],
        "Cinq"
    );
}

/// The operator forgot, but a client knows more than the database does.
#[tokio::test]
async fn a_cursor_ahead_of_its_session_tells_of_a_restore_too() {
    let stack = start().await;
    let ada = stack.guest().await;
    let session = ada.open_session("Kettles").await;
    let mut phone = ada.device("phone").await;
    for content in ["One", "Two", "Three"] {
        phone.message(&session, content).await;
    }
    let cursor = synced(&mut phone, &session, &json!(0)).await["cursor"].take();
    restore(&stack, &session, 2).await;
    flush(&stack).await;
    for cursor in [&cursor, &json!(3)] {
        for _ in 0..2 {
            starts_over(&ada, &mut phone, &session, cursor).await;
        }
    }
    let (contents, cursor) = load(&ada, &mut phone, &session).await;
    assert_eq!(contents, ["One", "Two"]);
    assert!(!behind(&mut phone, &session, &cursor).await);
}

/// Without the flush, lists of the lost database are left in Redis. None is believed for longer than its members are.
#[tokio::test]
async fn a_list_of_the_lost_database_ends_with_its_members_or_the_next_message() {
    let stack = start().await;
    let ada = stack.guest().await;
    let (silent, lively) = (
        ada.open_session("silent").await,
        ada.open_session("lively").await,
    );
    let mut phone = ada.device("phone").await;
    for session in [&silent, &lively] {
        phone.message(session, "One").await;
        phone.message(session, "Two").await;
        synced(&mut phone, session, &json!(0)).await;
        restore(&stack, session, 1).await;
    }
    execute(&stack, "SELECT epoch_begin()").await;
    // The next message has the number that the list reached, and another epoch.
    assert_eq!(phone.message(&lively, "Deux").await["message"]["change"], 2);
    let told = synced(&mut phone, &lively, &json!(1)).await;
    assert_eq!(told["messages"][0]["content"], "Deux");

    let mut keys = stack.keys().await;
    let members = format!("{{s:{}}}:members", silent.split('.').next().unwrap());
    let seconds: i64 = keys.ttl(&members).await.unwrap();
    assert!((1..=60).contains(&seconds), "{seconds}");
    keys.del::<_, ()>(&members).await.unwrap();
    let told = synced(&mut phone, &silent, &json!(0)).await;
    assert_eq!(
        (&told["change"], &told["complete"]),
        (&json!(1), &json!(true))
    );
}

/// A client that makes cursors up, or keeps them from another version of this, is not refused for ever.
#[tokio::test]
async fn what_is_no_cursor_is_refused_or_starts_over() {
    let stack = start().await;
    let ada = stack.guest().await;
    let session = ada.open_session("Kettles").await;
    let mut phone = ada.device("phone").await;
    for cursor in [
        json!("of another version"),
        json!("a.b"),
        json!(".0"),
        json!("0.0"),
    ] {
        starts_over(&ada, &mut phone, &session, &cursor).await;
    }
    for cursor in [json!(-1), json!(""), json!("x".repeat(65)), json!({})] {
        let sync = json!({"type": "sync", "cursors": {session.as_str(): cursor}});
        assert_eq!(
            phone.request(sync).await["code"],
            "invalid_field",
            "{cursor}"
        );
    }
    let long = "x".repeat(65);
    let refused = ada.rest.since(&session, &[("cursor", &long)]).await;
    assert_eq!(
        (refused.code(), &refused.body["field"]),
        (Some("invalid_field"), &json!("cursor"))
    );
}
