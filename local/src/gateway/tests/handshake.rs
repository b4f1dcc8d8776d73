//! Opening a socket.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, net::TcpStream, time::timeout};

use super::{
    functions::{Reply, ok},
    world::{SOON, Setup},
};
use crate::lambda::InvokeError;

fn verdict(effect: &str, resource: &Value) -> Reply {
    Reply::Result(json!({
        "principalId": "me",
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource}],
        },
        "context": {"user_id": "u1", "level": 3, "admin": false},
    }))
}

#[tokio::test]
async fn a_socket_opens_when_connect_agrees() {
    let world = Setup::new().one_way("$connect", |_| ok()).start().await;
    let client = world.open("/prod?a=1").await;
    assert_eq!(client.protocol, None);
    assert_eq!(world.gateway.connection_count(), 1);
    let event = world.event("$connect", 0).await;
    assert_eq!(event["queryStringParameters"], json!({"a": "1"}));
    assert_eq!(
        event["requestContext"]["domainName"],
        world.address.to_string()
    );
    assert_eq!(
        event["requestContext"]["identity"],
        json!({"sourceIp": "127.0.0.1"})
    );
    let headers = event["headers"].as_object().unwrap();
    let names: Vec<&str> = headers.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "Host",
            "Sec-WebSocket-Key",
            "Sec-WebSocket-Version",
            "X-Amzn-Trace-Id",
            "X-Forwarded-For",
            "X-Forwarded-Port",
            "X-Forwarded-Proto"
        ]
    );
}

#[tokio::test]
async fn an_api_without_routes_accepts_everybody() {
    let world = Setup::new().start().await;
    world.open("/prod").await;
}

#[tokio::test]
async fn connect_decides_the_status_of_a_refusal() {
    for (reply, status, body) in [
        (
            json!({"statusCode": 401}),
            401,
            r#"{"message":"Unauthorized"}"#,
        ),
        (
            json!({"statusCode": 403, "body": "of the function"}),
            403,
            r#"{"message":"Forbidden"}"#,
        ),
        (
            json!({"statusCode": 500}),
            500,
            r#"{"message":"Internal server error"}"#,
        ),
        (
            json!({"status": 200}),
            502,
            r#"{"message":"Internal server error"}"#,
        ),
    ] {
        let world = Setup::new()
            .one_way("$connect", move |_| Reply::Result(reply.clone()))
            .one_way("$disconnect", |_| ok())
            .start()
            .await;
        let answer = world.handshake("/prod").await;
        assert!(answer.is(status, body), "{answer:?}");
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(world.gateway.connection_count(), 0);
        world.gateway.close().await;
        assert_eq!(
            world.events("$disconnect"),
            Vec::<Value>::new(),
            "what never opened does not close"
        );
    }
}

#[tokio::test]
async fn a_connect_that_fails_is_502_and_one_that_cannot_start_500() {
    let world = Setup::new()
        .one_way("$connect", |_| Reply::Fail("oh"))
        .start()
        .await;
    let answer = world.handshake("/prod").await;
    assert!(
        answer.is(502, r#"{"message":"Internal server error"}"#),
        "{answer:?}"
    );

    let world = Setup::new()
        .one_way("$connect", |_| Reply::Refuse(InvokeError::Throttled))
        .start()
        .await;
    let answer = world.handshake("/prod").await;
    assert!(
        answer.is(500, r#"{"message":"Internal server error"}"#),
        "{answer:?}"
    );

    let slow = |_| Reply::After(Duration::from_secs(1), json!({"statusCode": 200}));
    let limit = Duration::from_millis(50);
    let world = Setup::new()
        .one_way("$connect", slow)
        .limits(|limits| limits.socket_integration = limit)
        .start()
        .await;
    assert!(
        world
            .handshake("/prod")
            .await
            .is(502, r#"{"message":"Internal server error"}"#)
    );
}

#[tokio::test]
async fn only_sockets_at_a_known_stage_are_served() {
    let world = Setup::new().start().await;
    let plain = world.request("GET /prod", &[], b"").await;
    assert!(
        plain.is(426, r#"{"message":"Upgrade Required"}"#),
        "{plain:?}"
    );
    let unknown = world.handshake("/other").await;
    assert!(unknown.is(403, r#"{"message":"Forbidden"}"#), "{unknown:?}");
    let old = [
        "connection: upgrade",
        "upgrade: websocket",
        "sec-websocket-version: 8",
        "sec-websocket-key: x",
    ];
    let old = world.request("GET /prod", &old, b"").await;
    assert!(old.is(400, r#"{"message":"Bad Request"}"#), "{old:?}");
}

#[tokio::test]
async fn the_authorizer_speaks_in_every_later_event() {
    let world = Setup::new()
        .authorizer(|event| verdict("Allow", &event["methodArn"]))
        .one_way("$connect", |_| ok())
        .one_way("$default", |_| ok())
        .one_way("$disconnect", |_| ok())
        .start()
        .await;
    let mut client = world.open("/prod?token=t").await;
    client.send("hello").await;
    world.event("$default", 0).await;
    client.socket.close(None).await.unwrap();
    for route in ["$connect", "$default", "$disconnect"] {
        let mut authorizer = world.event(route, 0).await["requestContext"]["authorizer"].clone();
        assert!(
            authorizer["integrationLatency"].take().is_u64(),
            "{authorizer}"
        );
        let expected = json!({
            "principalId": "me", "user_id": "u1", "level": "3", "admin": "false", "integrationLatency": null
        });
        assert_eq!(authorizer, expected, "{route}");
    }
    let asked = world.event("authorizer", 0).await;
    assert_eq!(asked["type"], "REQUEST");
    assert_eq!(asked["headers"]["Upgrade"], "websocket");
    assert_eq!(asked["headers"]["content-length"], "0");
    assert_eq!(
        asked["requestContext"]["connectionId"],
        world.connection_id()
    );
}

#[tokio::test]
async fn the_authorizer_turns_clients_away() {
    type Authorizer = fn(Value) -> Reply;
    let cases: [(Authorizer, u16, &str); 5] = [
        (
            |event| verdict("Deny", &event["methodArn"]),
            403,
            r#"{"message":"Forbidden"}"#,
        ),
        (
            |_| verdict("Allow", &json!("arn:aws:execute-api:*:*:other/*")),
            403,
            r#"{"message":"Forbidden"}"#,
        ),
        (
            |_| Reply::Fail("Unauthorized"),
            401,
            r#"{"message":"Unauthorized"}"#,
        ),
        (
            |_| Reply::Fail("Something else"),
            500,
            r#"{"message":"Internal server error"}"#,
        ),
        (
            |_| Reply::Result(json!({"principalId": "me"})),
            500,
            r#"{"message":"Internal server error"}"#,
        ),
    ];
    for (authorizer, status, body) in cases {
        let world = Setup::new()
            .authorizer(authorizer)
            .one_way("$connect", |_| ok())
            .start()
            .await;
        let answer = world.handshake("/prod?token=t").await;
        assert!(answer.is(status, body), "{answer:?}");
        assert!(world.events("$connect").is_empty());
    }
}

#[tokio::test]
async fn without_its_identity_source_the_authorizer_is_not_asked() {
    let world = Setup::new()
        .authorizer(|event| verdict("Allow", &event["methodArn"]))
        .start()
        .await;
    let answer = world.handshake("/prod").await;
    assert!(
        answer.is(401, r#"{"message":"Unauthorized"}"#),
        "{answer:?}"
    );
    assert!(world.events("authorizer").is_empty());
}

#[tokio::test]
async fn a_subprotocol_is_answered_only_when_connect_returns_it() {
    let offered = [("sec-websocket-protocol", "chat.v1, chat.v2")];
    let silent = Setup::new().one_way("$connect", |_| ok()).start().await;
    assert!(
        silent.try_open("/prod", &offered).await.is_err(),
        "the client misses its subprotocol"
    );

    let chosen = json!({"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": "chat.v2"}});
    let world = Setup::new()
        .one_way("$connect", move |_| Reply::Result(chosen.clone()))
        .start()
        .await;
    let client = world.try_open("/prod", &offered).await.unwrap();
    assert_eq!(client.protocol.as_deref(), Some("chat.v2"));
    assert_eq!(
        world.event("$connect", 0).await["headers"]["Sec-WebSocket-Protocol"],
        "chat.v1, chat.v2"
    );
}

#[tokio::test]
async fn a_client_that_leaves_during_connect_still_gets_its_disconnect() {
    let slow = |_| Reply::After(Duration::from_millis(100), json!({"statusCode": 200}));
    let world = Setup::new()
        .one_way("$connect", slow)
        .one_way("$disconnect", |_| ok())
        .start()
        .await;
    let mut stream = TcpStream::connect(world.address).await.unwrap();
    let head = "GET /prod HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    world.event("$connect", 0).await;
    drop(stream);
    let event = timeout(SOON, world.event("$disconnect", 0)).await.unwrap();
    assert_eq!(event["requestContext"]["disconnectStatusCode"], 1006);
    assert_eq!(world.gateway.connection_count(), 0);
}
