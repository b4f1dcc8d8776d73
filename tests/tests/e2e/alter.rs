//! What was said can be edited and deleted, and of two who do so at once one is told.

use std::time::Duration;

use serde_json::{Value, json};
use tests::{Conversation, TestStack};

async fn start() -> TestStack {
    TestStack::with().no_schedules().start().await
}

/// An alteration as its ack tells of it: change, revision, whether it was there before.
fn told(ack: &Value) -> (Value, Value, Value) {
    let message = &ack["message"];
    (
        message["change"].clone(),
        message["rev"].clone(),
        ack["duplicate"].clone(),
    )
}

fn is_told(ack: &Value, change: i64, rev: i64, duplicate: bool) {
    assert_eq!(
        told(ack),
        (json!(change), json!(rev), json!(duplicate)),
        "{ack}"
    );
}

#[tokio::test]
async fn an_edit_and_a_deletion_reach_everybody_and_keep_the_place() {
    let stack = start().await;
    let Conversation { ada, shop, session } = stack.conversation().await;
    let (mut phone, mut laptop) = (ada.device("phone").await, ada.device("laptop").await);
    let mut desk = shop.device("desk").await;
    let first = phone.message(&session, "Kettels?").await["message"].take();
    phone.message(&session, "Blue ones").await;
    for device in [&mut laptop, &mut desk] {
        device.next_of("message").await;
        device.next_of("message").await;
    }

    let ack = phone.edit(&first, 1, "Kettles?").await;
    is_told(&ack, 3, 2, false);
    assert_eq!(ack["message"]["seq"], 1);
    for device in [&mut laptop, &mut desk] {
        let push = device.next_of("message_updated").await;
        let message = &push["message"];
        assert_eq!(
            (&message["content"], &message["edited_at"]),
            (&json!("Kettles?"), &ack["message"]["edited_at"])
        );
        assert_eq!(
            (&push["prev"], &push["cursor"]),
            (&json!(2), &ack["cursor"])
        );
    }

    let ack = phone.delete(&first, 2).await;
    is_told(&ack, 4, 3, false);
    for device in [&mut laptop, &mut desk] {
        let push = device.next_of("message_deleted").await;
        let message = &push["message"];
        assert_eq!(
            (&message["content"], &message["metadata"], &message["seq"]),
            (&json!(""), &json!({}), &json!(1))
        );
        assert_eq!(message["deleted_at"], ack["message"]["deleted_at"]);
        assert_eq!(push["prev"], 3);
    }
    phone.silence(Duration::from_millis(50)).await;

    // By its place in the history, by its change in a sync.
    let history = shop.rest.history(&session, &[]).await.ok();
    assert_eq!(history["messages"][0]["id"], first["id"]);
    assert_eq!(history["messages"][0]["content"], "");
    let page = shop
        .rest
        .since(&session, &[("after_change", "0")])
        .await
        .ok();
    let seqs = |page: &Value| {
        let messages = page["messages"].as_array().unwrap().iter();
        messages
            .map(|message| message["seq"].as_i64().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(seqs(&page), [2, 1]);
    let database = stack.database().await;
    let kept = database
        .query_typed(
            "SELECT content, metadata::text FROM messages WHERE seq = 1",
            &[],
        )
        .await
        .unwrap();
    assert_eq!(
        (kept[0].get(0), kept[0].get(1)),
        ("", "{}"),
        "nothing is left of it"
    );
}

#[tokio::test]
async fn of_two_edits_at_once_one_is_a_conflict_that_shows_the_other() {
    let stack = start().await;
    let Conversation { ada, session, .. } = stack.conversation().await;
    let (mut phone, mut laptop) = (ada.device("phone").await, ada.device("laptop").await);
    for round in 0..10 {
        let said = phone.message(&session, &format!("Said {round}")).await["message"].take();
        let (one, other) = tokio::join!(
            phone.edit(&said, 1, "from the phone"),
            laptop.edit(&said, 1, "from the laptop")
        );
        let (won, lost, text) = if one["type"] == "ack" {
            (one, other, "from the phone")
        } else {
            (other, one, "from the laptop")
        };
        assert_eq!(
            (&won["type"], &won["message"]["rev"]),
            (&json!("ack"), &json!(2))
        );
        assert_eq!(
            (&lost["type"], &lost["code"], &lost["retry"]),
            (&json!("error"), &json!("conflict"), &json!(false))
        );
        let current = &lost["current"];
        assert_eq!(
            (&current["rev"], &current["content"]),
            (&json!(2), &json!(text))
        );
        assert_eq!(current["id"], said["id"]);
    }
    // With what it was shown the loser can go on.
    let page = ada
        .rest
        .since(&session, &[("after_change", "0")])
        .await
        .ok();
    let last = &page["messages"][9];
    assert_eq!(phone.edit(last, 2, "after all").await["message"]["rev"], 3);
}

#[tokio::test]
async fn a_repeated_edit_or_deletion_gets_its_ack_again_and_does_nothing() {
    let stack = start().await;
    let Conversation { ada, shop, session } = stack.conversation().await;
    let (mut phone, mut desk) = (ada.device("phone").await, shop.device("desk").await);
    let said = phone.message(&session, "Kettels?").await["message"].take();
    let first = phone.edit(&said, 1, "Kettles?").await;
    let again = phone.edit(&said, 1, "Kettles?").await;
    is_told(&again, 2, 2, true);
    assert_eq!(
        (&again["message"], &again["cursor"]),
        (&first["message"], &first["cursor"])
    );
    // The same words with other metadata are another edit.
    let other = json!({
        "type": "edit", "session_id": session, "message_id": said["id"], "rev": 1, "content": "Kettles?", "metadata": {"n": 1},
    });
    assert_eq!(phone.request(other).await["code"], "conflict");

    let id = said["id"].as_str().unwrap();
    is_told(
        &ada.rest.delete_message(&session, id, 2).await.ok(),
        3,
        3,
        false,
    );
    is_told(&phone.delete(&said, 2).await, 3, 3, true);
    for rev in [1, 2, 3] {
        let edit = ada.rest.edit(&session, id, rev, "I take it back").await;
        assert_eq!((edit.status.as_u16(), edit.code()), (409, Some("conflict")));
        let current = &edit.body["current"];
        assert_eq!(
            (&current["content"], &current["rev"]),
            (&json!(""), &json!(3))
        );
        assert!(current["deleted_at"].is_string());
    }
    assert_eq!(
        ada.rest.delete_message(&session, id, 3).await.code(),
        Some("conflict")
    );
    // A repeated send gets its first ack, whatever became of the message.
    for kind in ["message", "message_updated", "message_deleted"] {
        assert_eq!(desk.next().await["type"], kind);
    }
    desk.silence(Duration::from_millis(50)).await;
    assert_eq!(ada.rest.session(&session).await.ok()["change"], 3);
}

#[tokio::test]
async fn a_repeated_send_gets_its_first_ack_whatever_became_of_the_message() {
    let stack = start().await;
    let ada = stack.guest().await;
    let session = ada.open_session("Kettles").await;
    let first = ada.rest.send(&session, "k", "Said").await.ok();
    let id = first["message"]["id"].as_str().unwrap();
    ada.rest.edit(&session, id, 1, "Edited").await.ok();
    let again = ada.rest.send(&session, "k", "Said").await.ok();
    assert_eq!(
        (&again["message"], &again["duplicate"]),
        (&first["message"], &json!(true))
    );
    ada.rest.delete_message(&session, id, 2).await.ok();
    let again = ada.rest.send(&session, "k", "Said").await.ok();
    assert_eq!(
        (&again["message"], &again["duplicate"]),
        (&first["message"], &json!(true))
    );
    assert_eq!(
        ada.rest.send(&session, "k", "Edited").await.code(),
        Some("idempotency_conflict")
    );
}

#[tokio::test]
async fn authors_edit_and_owners_delete_and_nobody_else_does() {
    let stack = start().await;
    let Conversation {
        ada: owner,
        shop: author,
        session,
    } = stack.conversation().await;
    let (member, stranger) = (stack.guest().await, stack.guest().await);
    owner
        .rest
        .add_member(&session, &member.id, "member")
        .await
        .ok();
    let said = author.rest.send(&session, "k", "Said").await.ok()["message"].take();
    let id = said["id"].as_str().unwrap();
    for (user, code) in [
        (&owner, "forbidden"),
        (&member, "forbidden"),
        (&stranger, "not_a_member"),
    ] {
        assert_eq!(
            user.rest.edit(&session, id, 1, "Not said").await.code(),
            Some(code)
        );
    }
    for (user, code) in [(&member, "forbidden"), (&stranger, "not_a_member")] {
        assert_eq!(
            user.rest.delete_message(&session, id, 1).await.code(),
            Some(code)
        );
    }
    // A message of another session is not to be found, be it one's own.
    let elsewhere = author.open_session("Elsewhere").await;
    assert_eq!(
        author.rest.edit(&elsewhere, id, 1, "Moved").await.code(),
        Some("message_not_found")
    );
    is_told(
        &author.rest.edit(&session, id, 1, "Well said").await.ok(),
        2,
        2,
        false,
    );
    is_told(
        &owner.rest.delete_message(&session, id, 2).await.ok(),
        3,
        3,
        false,
    );
}

#[tokio::test]
async fn edits_and_deletions_count_as_messages() {
    let stack = TestStack::with()
        .variable("QUOTA_MESSAGES", "3")
        .no_schedules()
        .start()
        .await;
    let ada = stack.guest().await;
    let session = ada.open_session("Kettles").await;
    let said = ada.rest.send(&session, "k", "Said").await.ok()["message"].take();
    let id = said["id"].as_str().unwrap();
    let edit = ada.rest.edit(&session, id, 1, "Edited").await;
    assert_eq!(edit.header("x-ratelimit-limit"), Some("100000"));
    is_told(&edit.ok(), 2, 2, false);
    is_told(
        &ada.rest.edit(&session, id, 2, "Edited again").await.ok(),
        3,
        3,
        false,
    );
    let refused = ada.rest.delete_message(&session, id, 3).await;
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (429, Some("quota_exceeded"))
    );
}
