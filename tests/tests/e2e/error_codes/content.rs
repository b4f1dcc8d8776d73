//! Messages that may not be stored: empty, too large, or sent under a used key. Both sides of each limit.

use serde_json::{Value, json};
use shared::{
    code::Code,
    message::{MAX_CONTENT_BYTES, MAX_METADATA_BYTES},
};
use tests::{Conversation, TestStack};
use uuid::Uuid;

use super::{assert_problem, error};

/// Bytes of the smallest metadata here.
const SMALL: usize = r#"{"note":""}"#.len();

/// A metadata object of so many bytes.
fn metadata(bytes: usize) -> Value {
    json!({"note": "n".repeat(bytes - SMALL)})
}

/// What is sent, with how many bytes of metadata, and why it is refused if it is.
type Case = (String, usize, Option<(Code, &'static str)>);

/// Both sides of every limit.
fn cases() -> [Case; 7] {
    let text = |bytes| "x".repeat(bytes);
    // Two bytes each in JSON.
    let quotes = "\"".repeat(MAX_CONTENT_BYTES / 2 + 1);
    let (empty, large) = (
        Some((Code::MessageEmpty, "content")),
        Some((Code::MessageTooLarge, "content")),
    );
    let metadata_too_large = Some((Code::MetadataTooLarge, "metadata"));
    [
        (text(0), SMALL, empty),
        (" \n\t".to_owned(), SMALL, empty),
        (text(1), SMALL, None),
        (text(MAX_CONTENT_BYTES), MAX_METADATA_BYTES, None),
        (text(MAX_CONTENT_BYTES + 1), SMALL, large),
        (quotes, SMALL, large),
        (text(1), MAX_METADATA_BYTES + 1, metadata_too_large),
    ]
}

#[tokio::test]
async fn a_message_fits_to_the_byte_or_is_refused_both_ways() {
    let stack = TestStack::with().no_schedules().start().await;
    let Conversation { ada, shop, session } = stack.conversation().await;
    let (mut phone, mut shops) = (ada.device("phone").await, shop.device("phone").await);
    for (content, bytes, refusal) in cases() {
        let metadata = metadata(bytes);
        let mut message = json!({"type": "message", "session_id": session, "id": Uuid::now_v7()});
        (message["content"], message["metadata"]) = (content.as_str().into(), metadata.clone());
        let answer = phone.request(message.clone()).await;
        if let Some((code, field)) = refusal {
            assert_eq!(answer, error(code, message["id"].as_str(), Some(field)));
        }
        message["id"] = Uuid::now_v7().to_string().into();
        let reply = ada.rest.post("/api/chat/messages", &message).await;
        if let Some((code, field)) = refusal {
            assert_problem(&reply, code, Some(field));
            continue;
        }
        assert_eq!(
            (&answer["type"], reply.status.as_u16()),
            (&json!("ack"), 201)
        );
        // What may be stored may be pushed: the largest message fits into a frame.
        for _ in 0..2 {
            let pushed = shops.next_of("message").await["message"].take();
            assert_eq!(pushed["content"], message["content"]);
            assert_eq!(pushed["metadata"], metadata);
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
