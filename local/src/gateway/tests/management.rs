//! `@connections`.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::timeout;

use super::{
    functions::{Reply, ok},
    world::{SOON, Setup, World},
};

async fn world() -> World {
    Setup::new()
        .one_way("$connect", |_| ok())
        .one_way("$disconnect", |_| ok())
        .start()
        .await
}

#[tokio::test]
async fn what_is_posted_arrives_in_order() {
    let world = world().await;
    let mut client = world.open("/prod").await;
    let id = world.connection_id();
    let forms = [
        format!("/prod/@connections/{}", id.replace('=', "%3D")),
        format!("/prod/%40connections/{id}"),
    ];
    for number in 0..20 {
        let target = format!("POST {}", forms[number % 2]);
        let answer = world
            .request(&target, &[], number.to_string().as_bytes())
            .await;
        assert!(answer.is(200, ""), "{answer:?}");
        assert!(answer.header("x-amzn-requestid").is_some());
    }
    for number in 0..20 {
        assert_eq!(client.next().await, number.to_string());
    }
}

#[tokio::test]
async fn a_long_post_arrives_whole_and_a_longer_one_is_refused() {
    let world = world().await;
    let mut client = world.open("/prod").await;
    let target = format!("POST /prod/@connections/{}", world.connection_id());
    let text = "é".repeat(64 * 1024);
    assert_eq!(
        world.request(&target, &[], text.as_bytes()).await.status,
        200
    );
    assert_eq!(client.next().await, text);
    let refused = world.request(&target, &[], &[b'x'; 128 * 1024 + 1]).await;
    assert!(
        refused.is(413, r#"{"message":"Payload Too Large"}"#),
        "{refused:?}"
    );
    assert_eq!(
        refused.header("x-amzn-errortype"),
        Some("PayloadTooLargeException")
    );
}

#[tokio::test]
async fn a_connection_describes_itself() {
    let world = world().await;
    let _client = world
        .try_open("/prod", &[("user-agent", "Tester/1")])
        .await
        .unwrap();
    let answer = world
        .request(
            &format!("GET /prod/@connections/{}", world.connection_id()),
            &[],
            b"",
        )
        .await;
    assert_eq!(answer.status, 200);
    let mut description: Value = serde_json::from_str(&answer.body).unwrap();
    for time in ["connectedAt", "lastActiveAt"] {
        let time = description[time].take();
        let time = time.as_str().unwrap();
        assert!(
            time.len() == 20 && time.starts_with("20") && time.ends_with('Z'),
            "{time}"
        );
    }
    let identity = json!({"sourceIp": "127.0.0.1", "userAgent": "Tester/1"});
    assert_eq!(
        description,
        json!({"connectedAt": null, "identity": identity, "lastActiveAt": null})
    );
}

#[tokio::test]
async fn a_deleted_connection_is_closed_and_gone() {
    let world = world().await;
    let mut client = world.open("/prod").await;
    let path = format!("/prod/@connections/{}", world.connection_id());
    let answer = world.request(&format!("DELETE {path}"), &[], b"").await;
    assert!(answer.is(204, ""), "{answer:?}");
    for method in ["POST", "GET", "DELETE"] {
        let gone = world.request(&format!("{method} {path}"), &[], b"").await;
        assert!(gone.is(410, ""), "{gone:?}");
        assert_eq!(gone.header("x-amzn-errortype"), Some("GoneException"));
    }
    let frame = client.closed().await.unwrap();
    assert_eq!(
        (u16::from(frame.code), frame.reason.as_str()),
        (1000, "Connection Closed Normally")
    );
    let context = world.event("$disconnect", 0).await["requestContext"].clone();
    assert_eq!(context["disconnectStatusCode"], 1000);
    assert_eq!(context["disconnectReason"], "Connection Closed Normally");
}

#[tokio::test]
async fn a_connection_is_gone_until_connect_has_returned() {
    let slow = |_| Reply::After(Duration::from_millis(200), json!({"statusCode": 200}));
    let world = Setup::new().one_way("$connect", slow).start().await;
    let opening = world.open("/prod");
    let posting = async {
        world.event("$connect", 0).await;
        world
            .request(
                &format!("POST /prod/@connections/{}", world.connection_id()),
                &[],
                b"early",
            )
            .await
    };
    let (_client, answer) = timeout(SOON, async { tokio::join!(opening, posting) })
        .await
        .unwrap();
    assert!(answer.is(410, ""), "{answer:?}");
}

#[tokio::test]
async fn calls_that_name_no_connection_are_refused() {
    let world = world().await;
    for (line, status, kind) in [
        (
            "POST /prod/@connections/PJqB0fHsqRcCHlw=",
            410,
            "GoneException",
        ),
        ("POST /prod/@connections/short", 400, "BadRequestException"),
        (
            "POST /other/@connections/PJqB0fHsqRcCHlw=",
            403,
            "ForbiddenException",
        ),
        ("POST /prod/@connections", 403, "ForbiddenException"),
        (
            "PUT /prod/@connections/PJqB0fHsqRcCHlw=",
            403,
            "ForbiddenException",
        ),
    ] {
        let answer = world.request(line, &[], b"x").await;
        assert_eq!(
            (answer.status, answer.header("x-amzn-errortype")),
            (status, Some(kind)),
            "{line}"
        );
    }
}

#[tokio::test]
async fn a_client_that_does_not_read_fills_its_buffer() {
    let world = world().await;
    let _client = world.open("/prod").await;
    let target = format!("POST /prod/@connections/{}", world.connection_id());
    let payload = vec![b'x'; 128 * 1024];
    let mut accepted = 0;
    let refused = loop {
        let answer = world.request(&target, &[], &payload).await;
        if answer.status != 200 {
            break answer;
        }
        accepted += 1;
        // The kernel's buffers take some megabytes of their own.
        assert!(accepted < 400, "a slow client's buffer never filled");
    };
    assert!(
        refused.is(429, r#"{"message":"Limit Exceeded"}"#),
        "{refused:?}"
    );
    assert_eq!(
        refused.header("x-amzn-errortype"),
        Some("LimitExceededException")
    );
    assert!(
        accepted >= 8,
        "one megabyte waits before anything is refused, {accepted}"
    );
}

#[tokio::test]
async fn a_page_of_another_origin_has_no_say() {
    let world = world().await;
    let mut client = world.open("/prod").await;
    let path = format!("/prod/@connections/{}", world.connection_id());
    for method in ["POST", "DELETE"] {
        let line = format!("{method} {path}");
        let foreign = world
            .request(&line, &["origin: http://elsewhere.example"], b"no")
            .await;
        assert_eq!(foreign.status, 403, "{method}");
    }
    let own = format!("origin: http://{}", world.address);
    let answer = world
        .request(&format!("POST {path}"), &[&own], b"yes")
        .await;
    assert_eq!(answer.status, 200);
    assert_eq!(client.next().await, "yes");
}
