//! What goes over an open socket.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::frame::{
        Frame,
        coding::{Data, OpCode},
    },
};

use super::{
    functions::{Reply, body, ok},
    world::{SOON, Setup, World},
};
use crate::lambda::InvokeError;

fn echo(event: Value) -> Reply {
    body(event["body"].as_str().unwrap())
}

/// An error frame with its ids replaced, whose order and spaces matter.
fn without_ids(frame: &str, world: &World) -> String {
    let frame = frame.replace(&world.connection_id(), "<connection>");
    let (head, tail) = frame.split_once("\"requestId\":\"").unwrap();
    assert_eq!(tail.len(), "PJqCeE3YqRcF7tQ=\"}".len());
    format!("{head}\"requestId\":\"<request>\"}}")
}

#[tokio::test]
async fn a_two_way_route_answers_with_its_body() {
    let world = Setup::new()
        .one_way("$connect", |_| ok())
        .two_way("$default", echo)
        .start()
        .await;
    let mut client = world.open("/prod").await;
    client.send(r#"{"type":"ping"}"#).await;
    assert_eq!(client.next().await, r#"{"type":"ping"}"#);
    let event = world.event("$default", 0).await;
    assert_eq!(event["requestContext"]["routeKey"], "$default");
    assert_eq!(
        event["requestContext"]["connectionId"],
        world.connection_id()
    );
    assert_eq!(
        event["requestContext"]["requestId"],
        event["requestContext"]["extendedRequestId"]
    );
    assert_eq!(event.get("headers"), None);
}

#[tokio::test]
async fn a_one_way_route_answers_nothing() {
    let world = Setup::new()
        .one_way("quiet", |_| body("lost"))
        .two_way("$default", echo)
        .start()
        .await;
    let mut client = world.open("/prod").await;
    client.send(r#"{"type":"quiet"}"#).await;
    world.event("quiet", 0).await;
    client.send("loud").await;
    assert_eq!(client.next().await, "loud");
}

#[tokio::test]
async fn messages_select_their_route() {
    let world = Setup::new()
        .two_way("join", |_| body("join"))
        .two_way("$default", |_| body("default"))
        .one_way("$connect", |_| ok())
        .start()
        .await;
    let mut client = world.open("/prod").await;
    for (message, route) in [
        (r#"{"type":"join"}"#, "join"),
        (r#"{"type":"leave"}"#, "default"),
        ("not json", "default"),
        (r#"{"type":"$connect"}"#, "default"),
    ] {
        client.send(message).await;
        assert_eq!(client.next().await, route, "{message}");
    }
}

#[tokio::test]
async fn a_message_without_a_route_is_forbidden() {
    let world = Setup::new()
        .one_way("$connect", |_| ok())
        .one_way("join", |_| ok())
        .start()
        .await;
    let mut client = world.open("/prod").await;
    client.send("hello").await;
    assert_eq!(
        without_ids(&client.next().await, &world),
        r#"{"message": "Forbidden", "connectionId":"<connection>", "requestId":"<request>"}"#
    );
}

#[tokio::test]
async fn a_function_that_fails_is_an_internal_server_error() {
    let expected = r#"{"message": "Internal server error", "connectionId":"<connection>", "requestId":"<request>"}"#;
    let world = Setup::new()
        .one_way("$connect", |_| ok())
        .one_way("fail", |_| Reply::Fail("oh"))
        .one_way("refuse", |_| Reply::Refuse(InvokeError::Throttled))
        .two_way("malformed", |_| Reply::Raw("\"text\""))
        .two_way("$default", echo)
        .start()
        .await;
    let mut client = world.open("/prod").await;
    for route in ["fail", "refuse", "malformed"] {
        client.send(&json!({"type": route}).to_string()).await;
        assert_eq!(
            without_ids(&client.next().await, &world),
            expected,
            "{route}"
        );
    }
    client.send("still open").await;
    assert_eq!(client.next().await, "still open");
}

#[tokio::test]
async fn a_slow_function_times_out_and_runs_on() {
    let world = Setup::new()
        .one_way("$connect", |_| ok())
        .two_way("$default", |_| {
            Reply::After(
                Duration::from_millis(200),
                json!({"statusCode": 200, "body": "late"}),
            )
        })
        .limits(|limits| limits.socket_integration = Duration::from_millis(50))
        .start()
        .await;
    let mut client = world.open("/prod").await;
    client.send("hello").await;
    assert_eq!(
        without_ids(&client.next().await, &world),
        r#"{"message": "Endpoint request timed out", "connectionId":"<connection>", "requestId":"<request>"}"#
    );
    let finished = async {
        while !world.finished().contains(&"$default".to_owned()) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(SOON, finished).await.unwrap();
}

#[tokio::test]
async fn messages_of_one_socket_are_handled_at_the_same_time() {
    let world = Setup::new()
        .two_way("slow", |_| {
            Reply::After(
                Duration::from_millis(200),
                json!({"statusCode": 200, "body": "slow"}),
            )
        })
        .two_way("$default", echo)
        .start()
        .await;
    let mut client = world.open("/prod").await;
    client.send(r#"{"type":"slow"}"#).await;
    client.send("quick").await;
    assert_eq!(client.next().await, "quick");
    assert_eq!(client.next().await, "slow");
}

/// Each used to wait in a task of its own with its answer, as many as the client cared to send.
#[tokio::test]
async fn a_client_that_sends_and_does_not_read_is_not_read_from_until_it_reads() {
    const SENT: usize = 600;
    let world = Setup::new()
        .two_way("$default", |_| body("x".repeat(100 * 1024)))
        .start()
        .await;
    let mut client = world.open("/prod").await;
    for _ in 0..SENT {
        client.send("more").await;
    }
    let mut handled = 0;
    loop {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let now = world.events("$default").len();
        if now == handled && now > 0 {
            break;
        }
        handled = now;
    }
    assert!(handled < SENT, "all {handled} were handled");
    for _ in 0..SENT {
        assert_eq!(client.next().await.len(), 100 * 1024);
    }
}

#[tokio::test]
async fn a_ping_is_answered() {
    let world = Setup::new().start().await;
    let mut client = world.open("/prod").await;
    client
        .socket
        .send(Message::Ping("are you there".into()))
        .await
        .unwrap();
    let pong = timeout(SOON, client.socket.next())
        .await
        .unwrap()
        .unwrap()
        .unwrap();
    assert_eq!(pong, Message::Pong("are you there".into()));
}

async fn ends_with(world: &World, message: Message, code: u16, reason: &str) {
    let mut client = world.open("/prod").await;
    let nth = world.events("$disconnect").len();
    client.socket.send(message).await.unwrap();
    let frame = client.closed().await.unwrap();
    assert_eq!(
        (u16::from(frame.code), frame.reason.as_str()),
        (code, reason)
    );
    let event = world.event("$disconnect", nth).await;
    assert_eq!(event["requestContext"]["disconnectStatusCode"], code);
    assert_eq!(event["requestContext"]["disconnectReason"], reason);
}

#[tokio::test]
async fn frames_that_aws_does_not_take_close_the_socket() {
    let world = Setup::new()
        .one_way("$disconnect", |_| ok())
        .two_way("$default", echo)
        .start()
        .await;
    ends_with(
        &world,
        Message::binary(vec![1, 2, 3]),
        1003,
        "Unsupported Data",
    )
    .await;
    ends_with(
        &world,
        Message::text("x".repeat(32 * 1024 + 1)),
        1009,
        "Message Too Big",
    )
    .await;
    let not_utf8 = Frame::message(vec![0xff], OpCode::Data(Data::Text), true);
    ends_with(
        &world,
        Message::Frame(not_utf8),
        1007,
        "Invalid frame payload data",
    )
    .await;
    let reserved = Frame::message(vec![], OpCode::Data(Data::Reserved(5)), true);
    ends_with(&world, Message::Frame(reserved), 1002, "Protocol error").await;
}

#[tokio::test]
async fn a_message_is_bounded_over_all_of_its_frames() {
    let world = Setup::new()
        .one_way("$connect", |_| ok())
        .one_way("$default", |_| ok())
        .start()
        .await;
    let part = |size: usize, opcode, last| {
        Message::Frame(Frame::message("x".repeat(size), OpCode::Data(opcode), last))
    };
    let mut client = world.open("/prod").await;
    client
        .socket
        .send(part(32 * 1024, Data::Text, false))
        .await
        .unwrap();
    for last in [false, false, true] {
        client
            .socket
            .send(part(32 * 1024, Data::Continue, last))
            .await
            .unwrap();
    }
    assert_eq!(
        world.event("$default", 0).await["body"]
            .as_str()
            .unwrap()
            .len(),
        128 * 1024
    );

    client
        .socket
        .send(part(32 * 1024, Data::Text, false))
        .await
        .unwrap();
    for last in [false, false, false, true] {
        client
            .socket
            .send(part(if last { 1 } else { 32 * 1024 }, Data::Continue, last))
            .await
            .unwrap();
    }
    assert_eq!(u16::from(client.closed().await.unwrap().code), 1009);
}
