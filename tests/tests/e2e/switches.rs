//! What is left when a part is switched off: slower or uncounted, and the same answers.

use serde_json::{Value, json};
use tests::{Conversation, TestStack};

async fn start(switch: &str, state: &str) -> TestStack {
    TestStack::with()
        .variable(switch, state)
        .no_schedules()
        .start()
        .await
}

#[tokio::test]
async fn without_push_the_others_learn_by_ping_and_sync() {
    for state in ["on", "off"] {
        let stack = start("PUSH", state).await;
        let Conversation { ada, shop, session } = stack.conversation().await;
        let (mut phone, mut desk) = (ada.device("phone").await, shop.device("desk").await);
        // Fills the list that pings ask.
        ada.rest
            .since(&session, &[("after_change", "0")])
            .await
            .ok();
        let ack = phone.message(&session, "hello").await;
        assert_eq!(
            (&ack["type"], &ack["message"]["change"]),
            (&json!("ack"), &json!(1))
        );

        desk.send(&json!({"type": "ping", "cursors": {session.as_str(): 0}}))
            .await;
        assert_eq!(desk.next_of("pong").await["behind"], json!([session]));
        let pushed = desk.pushes().iter().any(|frame| frame["type"] == "message");
        assert_eq!(pushed, state == "on");
        let sync = json!({"type": "sync", "cursors": {session.as_str(): 0}});
        let synced = desk.request(sync).await;
        assert_eq!(synced["sessions"][0]["messages"][0]["content"], "hello");
        assert_eq!(synced["sessions"][0]["complete"], true);

        // Who is signed out is closed all the same.
        shop.rest.log_out(&shop.refresh_token).await;
        assert_eq!(desk.next_of("bye").await["code"], "signed_out");
    }
}

#[tokio::test]
async fn without_limits_nothing_is_counted_and_no_header_says_so() {
    for state in ["on", "off"] {
        let stack = TestStack::with()
            .variable("LIMITS", state)
            .variable("RATE_LIMIT_AUTH", "1")
            .variable("RATE_LIMIT_TICKETS", "1")
            .variable("RATE_LIMIT_MESSAGES", "1")
            .variable("QUOTA_MESSAGES", "1")
            .variable("RATE_LIMIT_TYPING", "1")
            .no_schedules()
            .start()
            .await;
        let on = state == "on";
        let ada = stack.guest().await;
        let session = ada.open_session("fast").await;
        let mut phone = ada.device("phone").await;
        let first = phone.message(&session, "one").await;
        assert_eq!(first["rate"].is_object(), on, "{first}");
        let second = ada.rest.send(&session, "two", "two").await;
        let nobody = stack.rest();
        nobody.log_in("a@example.org", "wrong").await;
        let log_in = nobody.log_in("b@example.org", "wrong").await;
        let ticket = ada.rest.ticket("tablet").await;
        for (reply, code) in [
            (&second, "quota_exceeded"),
            (&log_in, "rate_limited"),
            (&ticket, "rate_limited"),
        ] {
            assert_eq!(reply.code() == Some(code), on, "{:#}", reply.body);
            assert_eq!(reply.header("x-ratelimit-limit").is_some(), on);
        }
        let counted: Vec<String> = redis::cmd("KEYS")
            .arg("*:limit:*")
            .query_async(&mut stack.keys().await)
            .await
            .unwrap();
        assert_eq!(!counted.is_empty(), on, "{counted:?}");
        let sql = "SELECT count(*) FROM attempts";
        let rows = stack.database().await.query_typed(sql, &[]).await.unwrap();
        assert_eq!(rows[0].get::<_, i64>(0) > 0, on);
    }
}

#[tokio::test]
async fn without_cache_every_answer_is_the_same() {
    let mut answers: Vec<Vec<Value>> = Vec::new();
    for state in ["on", "off"] {
        let stack = start("CACHE", state).await;
        let Conversation { ada, shop, session } = stack.conversation().await;
        let (mut phone, mut desk) = (ada.device("phone").await, shop.device("desk").await);
        for content in ["one", "two", "three"] {
            phone.message(&session, content).await;
            assert_eq!(desk.next_of("message").await["message"]["content"], content);
        }
        let mut said = Vec::new();
        for cursor in [
            &[("after_change", "0")][..],
            &[("after_change", "2")],
            &[("after_change", "3")],
            &[("after_change", "1"), ("limit", "1")],
        ] {
            // Twice: the first fills the list, the second reads it.
            for _ in 0..2 {
                let (page, counts) = stack.counting(ada.rest.since(&session, cursor)).await;
                said.push(normal(&page.ok()));
                if state == "off" {
                    assert!(counts.statement_calls() > 0, "{counts:#?}");
                }
            }
        }
        let sync = json!({"type": "sync", "cursors": {session.as_str(): 1}});
        said.push(normal(&phone.request(sync).await["sessions"][0]));
        let stranger = stack.guest().await;
        let refused = stranger
            .rest
            .since(&session, &[("after_change", "0")])
            .await;
        said.push(json!(refused.code()));
        answers.push(said);
    }
    assert_eq!(answers[0], answers[1]);
}

/// A page without what differs between any two conversations.
fn normal(page: &Value) -> Value {
    let messages = page["messages"].as_array().unwrap();
    let contents: Vec<&Value> = messages.iter().map(|message| &message["content"]).collect();
    json!({"contents": contents, "change": page["change"], "complete": page["complete"]})
}
