//! Without PostgreSQL nothing is acked: a sender is told so in time, and may simply send again.

use std::time::{Duration, Instant};

use crate::registry::eventually;
use serde_json::json;
use tests::TestStack;

#[tokio::test]
async fn without_postgresql_a_send_is_refused_in_time_and_the_same_socket_works_afterwards() {
    let stack = TestStack::start().await;
    let ada = stack.guest().await;
    let session = ada.open_session("Kettles").await;
    let mut phone = ada.device("phone").await;
    phone.message(&session, "One").await;

    stack.stop_postgres().await;
    let frame = json!({"type": "message", "id": "m2", "session_id": session, "content": "Two"});
    let asked = Instant::now();
    let error = phone.request(frame.clone()).await;
    assert!(
        asked.elapsed() < Duration::from_secs(10),
        "{:?}",
        asked.elapsed()
    );
    assert_eq!(
        (&error["type"], &error["code"], &error["retry"]),
        (&json!("error"), &json!("unavailable"), &json!(true))
    );
    let rest = ada.rest.send(&session, "m3", "Three").await;
    assert_eq!(
        (rest.status.as_u16(), rest.code()),
        (503, Some("unavailable"))
    );

    stack.start_postgres().await;
    let look = async || ada.rest.since(&session, &[("after_change", "0")]).await;
    if stack.has_pooler() {
        // A pooler refuses for a second and more before it tries again.
        eventually(true, async || look().await.status.is_success()).await;
    }
    let page = look().await.ok();
    assert_eq!(page["message_count"], 1, "what was refused is not stored");
    let ack = phone.request(frame).await;
    assert_eq!(
        (&ack["type"], &ack["duplicate"]),
        (&json!("ack"), &json!(false)),
        "{ack}"
    );
    assert_eq!(ack["message"]["seq"], 2);
}
