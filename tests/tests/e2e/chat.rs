//! A conversation: what one says, all others get, on every device.

use std::time::Duration;

use serde_json::json;
use tests::{Conversation, TestStack};

/// Long enough for a frame that should not come to come.
const A_WHILE: Duration = Duration::from_millis(300);

#[tokio::test]
async fn a_message_reaches_every_device_of_every_member() {
    let stack = TestStack::start().await;
    let Conversation { ada, shop, session } = stack.conversation().await;
    let mut phone = ada.device("phone").await;
    let mut laptop = ada.device("laptop").await;
    let mut desk = shop.device("desk").await;

    let ack = phone
        .message(&session, "Do you have the blue kettle?")
        .await;
    assert_eq!(ack["type"], "ack", "{ack}");
    assert_eq!(
        (&ack["message"]["seq"], &ack["duplicate"]),
        (&json!(1), &json!(false))
    );
    for other in [&mut laptop, &mut desk] {
        let push = other.next_of("message").await;
        assert_eq!(push["message"]["id"], ack["message"]["id"]);
        assert_eq!(push["message"]["content"], "Do you have the blue kettle?");
        assert_eq!(
            (&push["message"]["role"], &push["prev"]),
            (&json!("owner"), &json!(0))
        );
    }

    let answer = desk.message(&session, "We do.").await;
    assert_eq!(answer["message"]["seq"], 2);
    for other in [&mut phone, &mut laptop] {
        let push = other.next_of("message").await;
        assert_eq!(
            (&push["message"]["content"], &push["prev"]),
            (&json!("We do."), &json!(1))
        );
        assert_eq!(push["message"]["role"], "assistant");
    }
    // A sender has its ack; its own socket gets no push.
    phone.silence(A_WHILE).await;
    desk.silence(A_WHILE).await;
}

#[tokio::test]
async fn a_message_over_rest_reaches_the_senders_own_devices_too() {
    let stack = TestStack::start().await;
    let ada = stack.guest().await;
    let session = ada.open_session("Notes").await;
    let mut phone = ada.device("phone").await;
    let sent = ada.rest.send(&session, "n1", "Buy a kettle").await;
    assert_eq!(sent.status, 201);
    assert_eq!(sent.body["message"]["seq"], 1);
    assert_eq!(
        phone.next_of("message").await["message"]["content"],
        "Buy a kettle"
    );
}

#[tokio::test]
async fn typing_is_shown_to_others_and_never_stored() {
    let stack = TestStack::start().await;
    let Conversation { ada, shop, session } = stack.conversation().await;
    let mut phone = ada.device("phone").await;
    let mut desk = shop.device("desk").await;

    phone
        .send(&json!({"type": "user_typing", "session_id": session, "typing": true}))
        .await;
    let push = desk.next_of("user_typing").await;
    assert_eq!(push["user_id"], ada.id);
    assert_eq!(
        (&push["typing"], &push["expires_in"]),
        (&json!(true), &json!(6_000))
    );
    phone.silence(A_WHILE).await;
    assert_eq!(
        ada.rest
            .since(&session, &[("after_change", "0")])
            .await
            .ok()["message_count"],
        0
    );

    // Somebody who joins is heard at once, although typing remembers its audience for a moment.
    let carol = stack.guest().await;
    ada.rest
        .add_member(&session, &carol.id, "member")
        .await
        .ok();
    let mut tablet = carol.device("tablet").await;
    tablet
        .send(&json!({"type": "user_typing", "session_id": session, "typing": true}))
        .await;
    assert_eq!(desk.next_of("user_typing").await["user_id"], carol.id);
}

#[tokio::test]
async fn a_read_mark_moves_forward_on_all_devices() {
    let stack = TestStack::start().await;
    let Conversation { ada, shop, session } = stack.conversation().await;
    let mut phone = ada.device("phone").await;
    let mut desk = shop.device("desk").await;
    for text in ["One", "Two", "Three"] {
        phone.message(&session, text).await;
    }

    let ack = desk
        .request(json!({"type": "read", "session_id": session, "seq": 2}))
        .await;
    assert_eq!((&ack["type"], &ack["seq"]), (&json!("ack"), &json!(2)));
    let push = phone.next_of("read").await;
    assert_eq!(
        (&push["user_id"], &push["seq"]),
        (&json!(shop.id), &json!(2))
    );

    let back = desk
        .request(json!({"type": "read", "session_id": session, "seq": 1}))
        .await;
    assert_eq!(back["seq"], 2, "a mark never moves back");
    let beyond = desk
        .request(json!({"type": "read", "session_id": session, "seq": 99}))
        .await;
    assert_eq!(beyond["seq"], 3, "nor past the newest message");
    let members = ada.rest.members(&session).await.ok();
    assert_eq!(
        (
            &members["members"][0]["read_seq"],
            &members["members"][1]["read_seq"]
        ),
        (&json!(0), &json!(3))
    );
}

#[tokio::test]
async fn history_is_read_backwards_page_by_page() {
    let stack = TestStack::start().await;
    let ada = stack.guest().await;
    let session = ada.open_session("Long").await;
    let mut phone = ada.device("phone").await;
    for n in 1..=7 {
        phone.message(&session, &format!("Message {n}")).await;
    }
    let seqs = |page: &serde_json::Value| -> Vec<i64> {
        page["messages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|message| message["seq"].as_i64().unwrap())
            .collect()
    };
    let newest = ada.rest.history(&session, &[("limit", "3")]).await.ok();
    assert_eq!(
        (seqs(&newest), &newest["complete"]),
        (vec![5, 6, 7], &json!(false))
    );
    let older = ada
        .rest
        .history(&session, &[("limit", "4"), ("before_seq", "5")])
        .await
        .ok();
    assert_eq!(
        (seqs(&older), &older["complete"]),
        (vec![1, 2, 3, 4], &json!(true))
    );
    let none = ada
        .rest
        .history(&session, &[("before_seq", "1")])
        .await
        .ok();
    assert_eq!((seqs(&none), &none["complete"]), (vec![], &json!(true)));
}
