//! Numbers that a client keeps with a message or a session come back as they were, wherever they have been meanwhile.

use serde_json::{Value, json};
use tests::TestStack;

/// The greatest and the smallest, one that a quick parser reads as its neighbour, one with an exponent, and as deep as JSON goes.
fn numbers() -> Value {
    let depth = 120;
    json!({
        "greatest": f64::MAX, "least": f64::MIN_POSITIVE, "below": 5e-324, "place": 48.137_108_400_000_01, "distance": 1e21,
        "integer": u64::MAX, "negative": i64::MIN, "whole": 3.0,
        "deep": serde_json::from_str::<Value>(&("[".repeat(depth) + &"]".repeat(depth))).unwrap(),
    })
}

#[tokio::test]
async fn numbers_come_back_from_postgresql_as_they_were() {
    let stack = TestStack::with().no_schedules().start().await;
    let ada = stack.guest().await;
    let session = ada.open_session("numbers").await;
    let mut phone = ada.device("phone").await;
    let said = phone
        .request(json!({"type": "message", "session_id": session, "content": "here", "metadata": numbers()}))
        .await;
    assert_eq!(said["type"], "ack", "{said}");
    let revision = json!({"settings": numbers()});
    let revised = ada.rest.revise_session(&session, &revision).await;
    assert_eq!(revised.body["settings"], numbers(), "{}", revised.body);

    let recent = ada
        .rest
        .since(&session, &[("after_change", "0")])
        .await
        .body;
    assert_eq!(recent["messages"][0]["metadata"], numbers(), "{recent}");
    let mut keys = stack.keys().await;
    redis::cmd("FLUSHALL")
        .query_async::<()>(&mut keys)
        .await
        .unwrap();
    let stored = ada
        .rest
        .since(&session, &[("after_change", "0")])
        .await
        .body;
    assert_eq!(stored["messages"][0]["metadata"], numbers(), "{stored}");
    let history = ada.rest.history(&session, &[]).await.body;
    assert_eq!(history["messages"][0]["metadata"], numbers(), "{history}");
    let listed = ada.rest.sessions().await.body;
    let listed = &listed["sessions"][0];
    assert_eq!(listed["settings"], numbers(), "{listed}");
    assert_eq!(listed["last_message"]["metadata"], numbers(), "{listed}");
}

/// PostgreSQL keeps every digit: without a limit a few bytes would become as many as a page has.
#[tokio::test]
async fn what_grows_in_postgresql_is_measured_as_grown() {
    let stack = TestStack::with().no_schedules().start().await;
    let ada = stack.guest().await;
    let session = ada.open_session("numbers").await;
    let mut phone = ada.device("phone").await;
    for (numbers, fits) in [(13, true), (14, false)] {
        let metadata = json!({"a": vec![1e308; numbers]});
        let answer = phone
            .request(json!({"type": "message", "session_id": session, "content": "here", "metadata": metadata}))
            .await;
        assert_eq!(answer["code"] == "metadata_too_large", !fits, "{answer}");
        let revised = ada
            .rest
            .revise_session(&session, &json!({"settings": metadata}))
            .await;
        assert_eq!(revised.status == 200, fits, "{}", revised.body);
    }
}
