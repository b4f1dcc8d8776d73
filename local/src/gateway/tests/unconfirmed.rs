//! The switches for what nobody knows of AWS, and the limits that have none.

use axum::http::StatusCode;
use serde_json::json;
use tokio::time::Duration;

use super::{
    functions::{Reply, body, ok},
    raw::{BINARY, FIN, PING, Raw, Said, TEXT, frame},
    world::{Setup, World},
};
use crate::{
    gateway::{PostedBytes, Unconfirmed},
    lambda::InvokeError,
};

async fn post(world: &World, body: &[u8]) -> (u16, String) {
    let target = format!("POST /prod/@connections/{}", world.connection_id());
    let answer = world.request(&target, &[], body).await;
    (answer.status, answer.body)
}

async fn world(change: impl FnOnce(&mut Unconfirmed)) -> World {
    let setup = Setup::new()
        .one_way("$connect", |_| ok())
        .two_way("fail", |_| {
            Reply::Result(json!({"statusCode": 500, "body": "oh"}))
        })
        .two_way("$default", |event| body(event["body"].as_str().unwrap()));
    setup.unconfirmed(change).start().await
}

#[tokio::test]
async fn posted_bytes_are_refused_or_arrive_as_a_binary_frame() {
    let strict = world(|_| {}).await;
    let _client = Raw::open(&strict, &[]).await;
    let refused = (400, r#"{"message":"The data is not UTF-8"}"#.to_owned());
    assert_eq!(post(&strict, b"\xff").await, refused);

    let lenient = world(|unconfirmed| unconfirmed.posted_bytes = PostedBytes::BinaryFrame).await;
    let mut client = Raw::open(&lenient, &[]).await;
    assert_eq!(post(&lenient, b"\xff").await, (200, String::new()));
    assert_eq!(client.said().await, Said::Other(FIN | BINARY, 1));
}

#[tokio::test]
async fn pings_may_go_unanswered() {
    let world = world(|unconfirmed| unconfirmed.answers_pings = false).await;
    let mut client = Raw::open(&world, &[]).await;
    client
        .send([frame(FIN | PING, "x"), frame(FIN | TEXT, "y")].concat())
        .await;
    assert_eq!(client.said().await, Said::text("y"));
}

#[tokio::test]
async fn pings_keep_a_socket_open_only_if_told() {
    for keeps in [false, true] {
        let world = Setup::new()
            .limits(|limits| limits.idle = Duration::from_secs(1))
            .unconfirmed(|unconfirmed| unconfirmed.pings_keep_alive = keeps)
            .start()
            .await;
        let mut client = Raw::open(&world, &[]).await;
        let mut closed = false;
        for _ in 0..15 {
            client.send(frame(FIN | PING, "x")).await;
            closed = client.said().await == Said::close(1001, "Going away");
            if closed {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(closed, !keeps);
    }
}

#[tokio::test]
async fn the_body_of_a_failure_reaches_the_sender_only_if_told() {
    for forwards in [false, true] {
        let world = world(|unconfirmed| unconfirmed.forwards_failures = forwards).await;
        let mut client = world.open("/prod").await;
        client.send(r#"{"type":"fail"}"#).await;
        world.event("fail", 0).await;
        client.send("next").await;
        let next = client.next().await;
        assert_eq!(next == "oh", forwards, "{next}");
    }
}

#[tokio::test]
async fn what_connect_says_to_a_refusal_reaches_the_client_only_if_told() {
    for forwards in [false, true] {
        let refusal = json!({"statusCode": 403, "headers": {"x-why": "tired"}, "body": "no"});
        let world = Setup::new()
            .one_way("$connect", move |_| Reply::Result(refusal.clone()))
            .unconfirmed(|unconfirmed| unconfirmed.forwards_refusals = forwards)
            .start()
            .await;
        let answer = world.handshake("/prod").await;
        let body = if forwards {
            "no"
        } else {
            r#"{"message":"Forbidden"}"#
        };
        assert!(answer.is(403, body), "{answer:?}");
        assert_eq!(answer.header("x-why").is_some(), forwards);
    }
}

#[tokio::test]
async fn http_apis_may_answer_504_and_429() {
    let world = Setup::new()
        .http("GET /slow", |_| {
            Reply::After(Duration::from_secs(1), json!({}))
        })
        .http("GET /busy", |_| Reply::Refuse(InvokeError::Throttled))
        .http("GET /text", |_| Reply::Result(json!("text")))
        .limits(|limits| limits.http_integration = Duration::from_millis(50))
        .unconfirmed(|unconfirmed| {
            unconfirmed.http_timeout = StatusCode::GATEWAY_TIMEOUT;
            unconfirmed.http_throttled_function = StatusCode::TOO_MANY_REQUESTS;
            unconfirmed.unquotes_strings = true;
        })
        .start()
        .await;
    let slow = world.request("GET /slow", &[], b"").await;
    assert!(slow.is(504, r#"{"message":"Gateway Timeout"}"#), "{slow:?}");
    let busy = world.request("GET /busy", &[], b"").await;
    assert!(
        busy.is(429, r#"{"message":"Too Many Requests"}"#),
        "{busy:?}"
    );
    let text = world.request("GET /text", &[], b"").await;
    assert!(text.is(200, "text"), "{text:?}");
}

#[tokio::test]
async fn the_address_of_a_socket_has_at_most_4096_characters() {
    let world = world(|_| {}).await;
    let before = format!("wss://{}/prod?a=", world.address).len();
    let target = |length: usize| format!("/prod?a={}", "x".repeat(length - before));
    world.open(&target(4096)).await;
    let refused = world.handshake(&target(4097)).await;
    assert!(
        refused.is(414, r#"{"message":"URI Too Long"}"#),
        "{refused:?}"
    );
}
