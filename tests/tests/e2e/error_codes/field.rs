//! Frames and bodies that nobody can read.

use serde_json::{Value, json};
use shared::code::Code;
use tests::{Device, TestStack, User};

use super::{assert_problem, error};

#[tokio::test]
async fn a_frame_that_nobody_can_read_is_refused_and_leaves_the_socket_usable() {
    let stack = TestStack::with().no_schedules().start().await;
    let ada = stack.guest().await;
    let session = ada.open_session("quiet").await;
    let mut phone = ada.device("phone").await;

    for text in [
        "hello",
        "[]",
        "{}",
        "null",
        r#"{"type": 1}"#,
        r#"{"type": "#,
    ] {
        phone.send_text(text).await;
        assert_eq!(
            phone.next().await,
            error(Code::MalformedFrame, None, None),
            "{text}"
        );
    }
    phone.send_text(r#"{"id": "m1"}"#).await;
    assert_eq!(
        phone.next().await,
        error(Code::MalformedFrame, Some("m1"), None)
    );
    phone
        .send(&json!({"type": "dance", "id": "d1", "session_id": session}))
        .await;
    assert_eq!(
        phone.next().await,
        error(Code::UnknownType, Some("d1"), None)
    );
    wrong_fields_of_frames(&mut phone, &session).await;

    let ack = phone.message(&session, "after all that").await;
    assert_eq!(ack["message"]["seq"], 1, "nothing was stored before: {ack}");
}

async fn wrong_fields_of_frames(phone: &mut Device, session: &str) {
    let message = json!({"type": "message", "id": "i", "session_id": session, "content": "hi"});
    let read = json!({"type": "read", "id": "i", "session_id": session, "seq": 1});
    let typing = json!({"type": "user_typing", "id": "i", "session_id": session, "typing": true});
    let sync = json!({"type": "sync", "id": "i", "cursors": {session: 0}});
    let many: Value = (0..101)
        .map(|n| (n.to_string(), 0.into()))
        .collect::<serde_json::Map<_, _>>()
        .into();
    for (frame, field, value) in [
        (&message, "session_id", Value::Null),
        (&message, "content", json!(7)),
        (&message, "content", json!("a\u{0}b")),
        (&message, "metadata", json!([])),
        (&read, "seq", json!(-1)),
        (&read, "seq", json!("1")),
        (&typing, "typing", json!("yes")),
        (&sync, "cursors", json!({session: 0.5})),
        (&sync, "cursors", many),
    ] {
        let mut wrong = frame.clone();
        wrong[field] = value;
        phone.send(&wrong).await;
        assert_eq!(
            phone.next().await,
            error(Code::InvalidField, Some("i"), Some(field)),
            "{wrong}"
        );
    }
    // An id that is no id cannot come back.
    for id in [Value::Null, json!(""), json!("i".repeat(65))] {
        let mut wrong = message.clone();
        wrong["id"] = id;
        phone.send(&wrong).await;
        assert_eq!(
            phone.next().await,
            error(Code::InvalidField, None, Some("id")),
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn a_request_that_nobody_can_read_is_refused_with_the_field_at_fault() {
    let stack = TestStack::with().no_schedules().start().await;
    let ada = stack.guest().await;
    let session = ada.open_session("quiet").await;
    for path in [
        "/api/auth/signup",
        "/api/chat/sessions",
        "/api/chat/messages",
    ] {
        let refused = ada.rest.post(path, &json!(["no", "object"])).await;
        assert_problem(&refused, Code::MalformedBody, None);
    }
    wrong_fields_of_bodies(&ada, &session).await;
    wrong_fields_of_queries(&ada, &session).await;
    assert_eq!(ada.rest.session(&session).await.ok()["change"], 0);
}

async fn wrong_fields_of_bodies(ada: &User, session: &str) {
    let sessions = format!("/api/chat/sessions/{session}/members");
    for (path, body, field) in [
        ("/api/auth/guest", json!({"locale": "not a tag"}), "locale"),
        (
            "/api/auth/signup",
            json!({"password": "long enough"}),
            "email",
        ),
        (
            "/api/auth/login",
            json!({"email": "ada@example.org"}),
            "password",
        ),
        ("/api/auth/refresh", json!({}), "refresh_token"),
        (
            "/api/auth/logout",
            json!({"refresh_token": 1}),
            "refresh_token",
        ),
        ("/api/auth/ticket", json!({"device_id": ""}), "device_id"),
        (
            "/api/auth/ticket",
            json!({"device_id": "d".repeat(65)}),
            "device_id",
        ),
        ("/api/chat/sessions", json!({"title": " "}), "title"),
        (
            "/api/chat/sessions",
            json!({"title": "t".repeat(201)}),
            "title",
        ),
        (
            "/api/chat/messages",
            json!({"session_id": session, "content": "hi"}),
            "id",
        ),
        (
            "/api/chat/messages",
            json!({"session_id": session, "content": "hi", "id": ""}),
            "id",
        ),
        (
            &sessions,
            json!({"user_id": "somebody", "role": "member"}),
            "user_id",
        ),
        (
            &sessions,
            json!({"user_id": ada.id, "role": "owner"}),
            "role",
        ),
    ] {
        let refused = ada.rest.post(path, &body).await;
        assert_problem(&refused, Code::InvalidField, Some(field));
    }
    let refused = ada.rest.remove_member(session, "somebody").await;
    assert_problem(&refused, Code::InvalidField, Some("user_id"));
}

async fn wrong_fields_of_queries(ada: &User, session: &str) {
    for (cursor, field) in [
        (vec![], "since"),
        (vec![("since", "yesterday")], "since"),
        (vec![("after_id", "7")], "after_id"),
        (vec![("after_change", "-1")], "after_change"),
        (vec![("after_change", "0"), ("limit", "0")], "limit"),
        (vec![("after_change", "0"), ("limit", "501")], "limit"),
    ] {
        let refused = ada.rest.since(session, &cursor).await;
        assert_problem(&refused, Code::InvalidField, Some(field));
    }
    for (page, field) in [
        (("before_seq", "0"), "before_seq"),
        (("limit", "201"), "limit"),
    ] {
        let refused = ada.rest.history(session, &[page]).await;
        assert_problem(&refused, Code::InvalidField, Some(field));
    }
    ada.rest
        .since(session, &[("after_change", "0"), ("limit", "500")])
        .await
        .ok();
    ada.rest.history(session, &[("limit", "200")]).await.ok();
}

#[tokio::test]
async fn a_path_that_leads_nowhere_is_not_found() {
    let stack = TestStack::with().no_schedules().start().await;
    // The gateway has no such route and says so in its own words.
    let refused = stack.rest().get("/api/auth/nothing", &[]).await;
    assert_eq!(refused.status, 404);
    assert_eq!(refused.body, json!({"message": "Not Found"}));

    // A template that sends a function what it does not know.
    let event = json!({
        "version": "2.0", "routeKey": "GET /api/auth/nothing", "rawPath": "/api/auth/nothing",
        "rawQueryString": "", "headers": {}, "isBase64Encoded": false,
        "requestContext": {
            "accountId": "1", "apiId": "a", "domainName": "d", "domainPrefix": "d", "requestId": "r",
            "routeKey": "GET /api/auth/nothing", "stage": "$default", "time": "t", "timeEpoch": 1,
            "http": {
                "method": "GET", "path": "/api/auth/nothing", "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1", "userAgent": "none",
            },
        },
    });
    let path = "/2015-03-31/functions/RestAuthFunction/invocations";
    let answer = stack.rest().post(path, &event).await.ok();
    assert_eq!(answer["statusCode"], Code::NotFound.status());
    assert_eq!(
        answer["headers"]["content-type"],
        "application/problem+json"
    );
    let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["code"], Code::NotFound.as_str());
}
