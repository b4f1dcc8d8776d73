//! Redis may vanish at any moment: it is slower for a while, and nothing is lost.

use serde_json::json;
use tests::{Conversation, TestStack};

#[tokio::test]
async fn without_redis_sends_are_stored_and_sync_answers_and_with_it_everything_heals() {
    let stack = TestStack::start().await;
    let Conversation { ada, shop, session } = stack.conversation().await;
    let (mut phone, mut desk) = (ada.device("phone").await, shop.device("desk").await);
    phone.message(&session, "One").await;
    assert_eq!(desk.next_of("message").await["message"]["seq"], 1);

    stack.stop_redis().await;
    let ack = phone.message(&session, "Two").await;
    assert_eq!(
        (&ack["type"], &ack["message"]["seq"]),
        (&json!("ack"), &json!(2))
    );
    assert_eq!(
        shop.rest
            .since(&session, &[("after_change", "1")])
            .await
            .ok()["message_count"],
        1
    );
    let synced = desk
        .request(json!({"type": "sync", "cursors": {session.as_str(): 1}}))
        .await;
    assert_eq!(synced["sessions"][0]["messages"][0]["content"], "Two");
    let pong = ping(&mut desk, &session, 1).await;
    assert_eq!(
        pong["behind"],
        json!([session]),
        "what nobody can know may have been missed"
    );
    let mut tablet = ada.device("tablet").await;
    assert_eq!(
        tablet
            .message(&session, "Three, from a socket that opened meanwhile")
            .await["type"],
        "ack"
    );

    stack.start_redis().await;
    // A ping registers each connection again; the next sync refills the list.
    for device in [&mut phone, &mut desk, &mut tablet] {
        ping(device, &session, 3).await;
    }
    shop.rest
        .since(&session, &[("after_change", "0")])
        .await
        .ok();
    assert_eq!(ping(&mut desk, &session, 3).await["behind"], json!([]));
    assert_eq!(phone.message(&session, "Four").await["message"]["seq"], 4);
    assert_eq!(desk.next_of("message").await["message"]["content"], "Four");
    assert_eq!(
        tablet.next_of("message").await["message"]["content"],
        "Four"
    );

    let (page, counts) = stack
        .counting(shop.rest.since(&session, &[("after_change", "0")]))
        .await;
    assert_eq!(page.ok()["message_count"], 4);
    assert_eq!(
        counts.statement_calls(),
        0,
        "the list is in Redis again: {counts:#?}"
    );
}

async fn ping(device: &mut tests::Device, session: &str, change: i64) -> serde_json::Value {
    device
        .send(&json!({"type": "ping", "cursors": {session: change}}))
        .await;
    device.next_of("pong").await
}
