//! What is throttled when throttles are on.

use serde_json::json;

use super::{
    functions::{body, ok},
    world::{Setup, World},
};
use crate::{
    gateway::{Limits, ThrottleLimits, ThrottledMessage},
    template::{RouteThrottles, Throttle},
};

/// A bucket that never fills again while a test runs.
fn once(burst: u32) -> Throttle {
    Throttle { rate: 0.0, burst }
}

fn routes(keys: &[(&str, u32)]) -> RouteThrottles {
    let routes = keys.iter();
    RouteThrottles {
        default: None,
        routes: routes
            .map(|(key, burst)| ((*key).to_owned(), once(*burst)))
            .collect(),
    }
}

fn account(connects: u32, burst: u32) -> impl FnOnce(&mut Limits) {
    move |limits| {
        limits.throttles = Some(ThrottleLimits {
            connects_per_second: connects,
            requests_per_second: 0,
            burst,
        });
    }
}

fn setup() -> Setup {
    Setup::new()
        .one_way("$connect", |_| ok())
        .two_way("$default", |_| body("answer"))
        .http("GET /pets", |_| body("pets"))
        .http("GET /slow", |_| body("slow"))
}

/// The error frame of a message, without its ids.
fn message(frame: &str) -> &str {
    frame.split_once(", \"connectionId\":").unwrap().0
}

async fn posted(world: &World) -> u16 {
    let target = format!("POST /prod/@connections/{}", world.connection_id());
    let answer = world.request(&target, &[], b"x").await;
    if answer.status == 429 {
        assert!(
            answer.is(429, r#"{"message":"Limit Exceeded"}"#),
            "{answer:?}"
        );
        assert_eq!(
            answer.header("x-amzn-errortype"),
            Some("LimitExceededException")
        );
    }
    answer.status
}

#[tokio::test]
async fn too_many_new_sockets_are_refused_with_429() {
    let world = setup().limits(account(2, 100)).start().await;
    let _open = [world.open("/prod").await, world.open("/prod").await];
    let refused = world.handshake("/prod").await;
    assert!(
        refused.is(429, r#"{"message":"Too Many Requests"}"#),
        "{refused:?}"
    );
    assert_eq!(world.events("$connect").len(), 2);
}

#[tokio::test]
async fn everything_draws_from_the_bucket_of_the_account() {
    let world = setup().limits(account(500, 4)).start().await;
    let mut client = world.open("/prod").await;
    client.send("one").await;
    assert_eq!(client.next().await, "answer");
    assert_eq!(posted(&world).await, 200);
    assert_eq!(client.next().await, "x");
    assert_eq!(world.request("GET /pets", &[], b"").await.status, 200);

    let http = world.request("GET /pets", &[], b"").await;
    assert!(
        http.is(429, r#"{"message":"Too Many Requests"}"#),
        "{http:?}"
    );
    assert_eq!(posted(&world).await, 429);
    client.send("two").await;
    assert_eq!(
        message(&client.next().await),
        r#"{"message": "Too Many Requests""#
    );
    assert_eq!(world.handshake("/prod").await.status, 429);
}

#[tokio::test]
async fn routes_have_throttles_of_their_own() {
    let throttles = routes(&[("$default", 1), ("GET /pets", 1), ("$connect", 1)]);
    let world = setup()
        .throttles(throttles)
        .limits(|limits| limits.throttles = Some(ThrottleLimits::default()))
        .start()
        .await;
    let mut client = world.open("/prod").await;
    client.send("one").await;
    assert_eq!(client.next().await, "answer");
    client.send("two").await;
    assert_eq!(
        message(&client.next().await),
        r#"{"message": "Too Many Requests""#
    );
    assert_eq!(world.handshake("/prod").await.status, 429);
    let statuses = async |target| {
        let mut statuses = Vec::new();
        for _ in 0..2 {
            statuses.push(world.request(target, &[], b"").await.status);
        }
        statuses
    };
    assert_eq!(statuses("GET /pets").await, [200, 429]);
    assert_eq!(statuses("GET /slow").await, [200, 200], "another route");
}

#[tokio::test]
async fn no_throttle_counts_until_they_are_on() {
    let world = setup()
        .throttles(routes(&[("$default", 0), ("GET /pets", 0)]))
        .start()
        .await;
    let mut client = world.open("/prod").await;
    client.send("one").await;
    assert_eq!(client.next().await, "answer");
    assert_eq!(world.request("GET /pets", &[], b"").await.status, 200);
}

#[tokio::test]
async fn a_throttled_message_may_close_the_socket() {
    let world = setup()
        .one_way("$disconnect", |_| ok())
        .throttles(routes(&[("$default", 0)]))
        .limits(|limits| limits.throttles = Some(ThrottleLimits::default()))
        .unconfirmed(|unconfirmed| unconfirmed.throttled_message = ThrottledMessage::Close)
        .start()
        .await;
    let mut client = world.open("/prod").await;
    client.send("one").await;
    let frame = client.closed().await.unwrap();
    assert_eq!(
        (u16::from(frame.code), frame.reason.as_str()),
        (1008, "Policy Violation")
    );
    let event = world.event("$disconnect", 0).await;
    assert_eq!(event["requestContext"]["disconnectStatusCode"], json!(1008));
}
