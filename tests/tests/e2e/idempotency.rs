//! A send may be repeated for ever: it is stored once and acked every time.

use serde_json::{Value, json};
use tests::TestStack;

fn send(session: &str, id: &str, content: &str) -> Value {
    json!({"type": "message", "id": id, "session_id": session, "content": content, "metadata": {"b": 1, "a": [2]}})
}

#[tokio::test]
async fn the_same_send_again_gets_the_first_ack_again() {
    let stack = TestStack::start().await;
    let ada = stack.guest().await;
    let session = ada.open_session("Kettles").await;
    let mut phone = ada.device("phone").await;
    let first = phone.request(send(&session, "m1", "Hello")).await;
    let again = phone.request(send(&session, "m1", "Hello")).await;
    assert_eq!(
        (&first["duplicate"], &again["duplicate"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(first["message"], again["message"]);

    let other = phone.request(send(&session, "m1", "Something else")).await;
    assert_eq!(
        (&other["type"], &other["code"]),
        (&json!("error"), &json!("idempotency_conflict"))
    );
    let rest = ada.rest.send(&session, "m1", "Something else").await;
    assert_eq!(
        (rest.status.as_u16(), rest.code()),
        (409, Some("idempotency_conflict"))
    );
    assert_eq!(
        ada.rest
            .since(&session, &[("after_change", "0")])
            .await
            .ok()["message_count"],
        1
    );
}

#[tokio::test]
async fn the_same_send_from_two_sockets_at_once_is_stored_once() {
    let stack = TestStack::start().await;
    let ada = stack.guest().await;
    let session = ada.open_session("Kettles").await;
    let (mut phone, mut laptop) = (ada.device("phone").await, ada.device("laptop").await);
    for round in 0..20 {
        let frame = send(&session, &format!("m{round}"), "Hello");
        let (one, two) = tokio::join!(phone.request(frame.clone()), laptop.request(frame));
        assert_eq!(
            (&one["type"], &two["type"]),
            (&json!("ack"), &json!("ack")),
            "{one} {two}"
        );
        assert_eq!(one["message"], two["message"]);
        let duplicates = [&one, &two]
            .iter()
            .filter(|ack| ack["duplicate"] == true)
            .count();
        assert_eq!(duplicates, 1, "one of them was first");
    }
    let page = ada
        .rest
        .since(&session, &[("after_change", "0")])
        .await
        .ok();
    assert_eq!(
        (&page["message_count"], &page["change"]),
        (&json!(20), &json!(20)),
        "no number was spent twice"
    );
}

#[tokio::test]
async fn two_senders_may_choose_the_same_id() {
    let stack = TestStack::start().await;
    let (ada, bob) = (stack.guest().await, stack.guest().await);
    let session = ada.open_session("Kettles").await;
    ada.rest.add_member(&session, &bob.id, "member").await.ok();
    let one = ada.rest.send(&session, "same", "From Ada").await.ok();
    let two = bob.rest.send(&session, "same", "From Bob").await.ok();
    assert_eq!(
        (&one["duplicate"], &two["duplicate"]),
        (&json!(false), &json!(false))
    );
    assert_ne!(one["message"]["id"], two["message"]["id"]);
}
