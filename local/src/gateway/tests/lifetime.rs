//! The ways in which a socket ends.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, frame::coding::CloseCode};

use super::{
    functions::{body, ok},
    world::{Setup, World},
};
use crate::gateway::Limits;

async fn world(change: impl FnOnce(&mut Limits)) -> World {
    let setup = Setup::new()
        .one_way("$connect", |_| ok())
        .one_way("$disconnect", |_| ok());
    setup
        .two_way("$default", |event| body(event["body"].as_str().unwrap()))
        .limits(change)
        .start()
        .await
}

/// Code and reason of the only `$disconnect`.
async fn disconnected(world: &World) -> (Value, Value) {
    let event = world.event("$disconnect", 0).await;
    assert_eq!(
        event["requestContext"]["connectionId"],
        world.connection_id()
    );
    assert_eq!(
        event["requestContext"]["connectedAt"],
        world.events("$connect")[0]["requestContext"]["connectedAt"]
    );
    world.gateway.close().await;
    assert_eq!(world.events("$disconnect").len(), 1);
    assert_eq!(world.gateway.connection_count(), 0);
    let context = &event["requestContext"];
    (
        context["disconnectStatusCode"].clone(),
        context["disconnectReason"].clone(),
    )
}

#[tokio::test]
async fn a_client_may_close_without_a_status() {
    let world = world(|_| {}).await;
    let mut client = world.open("/prod").await;
    client.socket.close(None).await.unwrap();
    assert_eq!(
        client.closed().await,
        None,
        "an empty close frame is answered by an empty one"
    );
    assert_eq!(
        disconnected(&world).await,
        (json!(1005), json!("Client-side close frame status not set"))
    );
}

#[tokio::test]
async fn a_client_may_say_why_it_closes() {
    let world = world(|_| {}).await;
    let mut client = world.open("/prod").await;
    let frame = CloseFrame {
        code: CloseCode::from(4001),
        reason: "bye".into(),
    };
    client.socket.close(Some(frame.clone())).await.unwrap();
    assert_eq!(
        client.closed().await,
        Some(frame),
        "the close frame is answered"
    );
    assert_eq!(disconnected(&world).await, (json!(4001), json!("bye")));
}

#[tokio::test]
async fn a_client_that_vanishes_ends_with_1006() {
    let world = world(|_| {}).await;
    let client = world.open("/prod").await;
    drop(client);
    assert_eq!(
        disconnected(&world).await,
        (json!(1006), json!("Abnormal Closure"))
    );
}

#[tokio::test]
async fn a_silent_socket_goes_away() {
    let world = world(|limits| limits.idle = Duration::from_millis(150)).await;
    let mut client = world.open("/prod").await;
    let frame = client.closed().await.unwrap();
    assert_eq!(
        (u16::from(frame.code), frame.reason.as_str()),
        (1001, "Going away")
    );
    assert_eq!(
        disconnected(&world).await,
        (json!(1001), json!("Going away"))
    );
}

#[tokio::test]
async fn messages_in_either_direction_keep_a_socket_open() {
    let (idle, pause) = (Duration::from_secs(1), Duration::from_millis(100));
    let world = world(|limits| limits.idle = idle).await;
    let mut client = world.open("/prod").await;
    let target = format!("POST /prod/@connections/{}", world.connection_id());
    let opened = Instant::now();
    // In either direction for longer than it may be silent.
    for round in 0..24 {
        tokio::time::sleep(pause).await;
        if round < 12 {
            client.send("hello").await;
        } else {
            assert_eq!(world.request(&target, &[], b"hello").await.status, 200);
        }
        assert_eq!(client.next().await, "hello");
    }
    client.closed().await.unwrap();
    assert!(
        opened.elapsed() >= pause * 24 + idle - Duration::from_millis(50),
        "{:?}",
        opened.elapsed()
    );
}

#[tokio::test]
async fn no_socket_outlives_its_time() {
    let world = world(|limits| limits.lifetime = Duration::from_millis(150)).await;
    let mut client = world.open("/prod").await;
    client.send("hello").await;
    assert_eq!(u16::from(client.closed().await.unwrap().code), 1001);
    assert_eq!(
        disconnected(&world).await,
        (json!(1001), json!("Going away"))
    );
}

#[tokio::test]
async fn a_gateway_that_stops_closes_every_socket() {
    let world = world(|_| {}).await;
    let mut clients = vec![world.open("/prod").await, world.open("/prod").await];
    let reading = tokio::spawn(async move {
        let mut codes = Vec::new();
        for client in &mut clients {
            codes.push(client.closed().await.map(|frame| u16::from(frame.code)));
        }
        codes
    });
    world.gateway.close().await;
    assert_eq!(reading.await.unwrap(), [Some(1001), Some(1001)]);
    assert_eq!(
        world.events("$disconnect").len(),
        2,
        "both were told before the stop was over"
    );
}

#[tokio::test]
async fn a_client_that_ignores_the_close_frame_is_cut_off() {
    let world = world(|limits| limits.close_handshake = Duration::from_millis(100)).await;
    // Never read from, so it never answers.
    let _client = world.open("/prod").await;
    let stopped = Instant::now();
    world.gateway.close().await;
    assert!(
        stopped.elapsed() < Duration::from_secs(2),
        "{:?}",
        stopped.elapsed()
    );
    assert_eq!(
        disconnected(&world).await,
        (json!(1001), json!("Going away"))
    );
}
