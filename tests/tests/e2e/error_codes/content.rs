//! Messages that may not be stored: empty, too large, or sent under a used key. Both sides of each limit.

use serde_json::{Value, json};
use shared::{
    code::Code,
    message::{MAX_CONTENT_BYTES, MAX_METADATA_BYTES},
};
use tests::TestStack;
use uuid::Uuid;

use super::{assert_problem, error};

/// A metadata object of so many bytes.
fn metadata(bytes: usize) -> Value {
    let empty = json!({"note": ""}).to_string().len();
    json!({"note": "n".repeat(bytes - empty)})
}

#[tokio::test]
async fn a_message_fits_to_the_byte_or_is_refused_both_ways() {
    let stack = TestStack::with().no_schedules().start().await;
    let (ada, bob) = (stack.guest().await, stack.guest().await);
    let session = ada.open_session("limits").await;
    ada.rest.add_member(&session, &bob.id, "member").await.ok();
    let (mut phone, mut bobs) = (ada.device("phone").await, bob.device("phone").await);

    let largest = "x".repeat(MAX_CONTENT_BYTES);
    for (content, bytes, refusal) in [
        ("", 11, Some((Code::MessageEmpty, "content"))),
        (" \n\t", 11, Some((Code::MessageEmpty, "content"))),
        (".", 11, None),
        (&*largest, MAX_METADATA_BYTES, None),
        (
            &*format!("{largest}x"),
            11,
            Some((Code::MessageTooLarge, "content")),
        ),
        // A quotation mark is two bytes in JSON.
        (
            &*"\"".repeat(MAX_CONTENT_BYTES / 2 + 1),
            11,
            Some((Code::MessageTooLarge, "content")),
        ),
        (
            ".",
            MAX_METADATA_BYTES + 1,
            Some((Code::MetadataTooLarge, "metadata")),
        ),
    ] {
        let metadata = metadata(bytes);
        let message = |key: String| json!({"type": "message", "session_id": session, "id": key, "content": content, "metadata": metadata});
        let frame = message(Uuid::now_v7().to_string());
        let answer = phone.request(frame.clone()).await;
        let reply = ada
            .rest
            .post("/api/chat/messages", &message(Uuid::now_v7().to_string()))
            .await;
        if let Some((code, field)) = refusal {
            assert_eq!(answer, error(code, frame["id"].as_str(), Some(field)));
            assert_problem(&reply, code, Some(field));
            continue;
        }
        assert_eq!(
            (&answer["type"], reply.status.as_u16()),
            (&json!("ack"), 201)
        );
        // What may be stored may be pushed: the largest message fits into a frame.
        for _ in 0..2 {
            let message = bobs.next_of("message").await["message"].take();
            assert_eq!(
                (&message["content"], &message["metadata"]),
                (&json!(content), &metadata)
            );
        }
    }
    let change = ada.rest.session(&session).await.ok()["change"].take();
    assert_eq!(change, 4, "what was refused was not stored");
}

#[tokio::test]
async fn a_key_stands_for_one_message() {
    let stack = TestStack::with().no_schedules().start().await;
    let ada = stack.guest().await;
    let session = ada.open_session("keys").await;
    let mut phone = ada.device("phone").await;
    ada.rest.send(&session, "k", "one").await.ok();
    let other = json!({"type": "message", "id": "k", "session_id": session, "content": "two"});
    assert_eq!(
        phone.request(other).await,
        error(Code::IdempotencyConflict, Some("k"), None)
    );
    let refused = ada.rest.send(&session, "k", "two").await;
    assert_problem(&refused, Code::IdempotencyConflict, None);
    assert_eq!(ada.rest.session(&session).await.ok()["change"], 1);
}
