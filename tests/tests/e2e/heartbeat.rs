//! A socket that has gone silent is told, closed and forgotten. One that pings stays.

use std::time::Duration;

use serde_json::{Value, json};
use tests::{Closed, Device, Socket, TestStack};
use tokio::time::sleep;

use crate::registry::{eventually, is_watched, sockets_of};

/// Longer than the `WS_PONG_WAIT` of these tests.
const SILENCE: Duration = Duration::from_millis(1_100);

async fn start() -> TestStack {
    TestStack::with()
        .variable("WS_PONG_WAIT", "1s")
        .no_schedules()
        .start()
        .await
}

/// Runs the heartbeat now and gives its report.
async fn beat(stack: &TestStack) -> Value {
    stack
        .rest()
        .post(
            "/2015-03-31/functions/HeartbeatFunction/invocations",
            &json!({}),
        )
        .await
        .ok()
}

#[tokio::test]
async fn a_silent_socket_is_told_closed_and_forgotten_while_one_that_pings_stays() {
    let stack = start().await;
    let ada = stack.guest().await;
    let mut silent = ada.device("tablet").await;
    let mut lively = ada.device("phone").await;
    // Nobody has been silent for long, and the function is warm from here on.
    assert_eq!(beat(&stack).await, json!({"closed": 0, "complete": true}));
    let connection_id = sockets_of(&stack, &ada).await["tablet"].clone();
    assert!(is_watched(&stack, &connection_id).await);

    sleep(SILENCE).await;
    lively.send(&json!({"type": "ping"})).await;
    assert_eq!(lively.next().await["type"], "pong");
    assert_eq!(beat(&stack).await, json!({"closed": 1, "complete": true}));

    let bye = json!({"type": "bye", "code": "ping_timeout", "retry": true});
    assert_eq!(silent.next().await, bye);
    let reason = "Connection Closed Normally".to_owned();
    assert_eq!(silent.closed().await, Closed { code: 1000, reason });
    assert!(!is_watched(&stack, &connection_id).await);
    assert!(sockets_of(&stack, &ada).await.keys().eq(["phone"]));
    lively.send(&json!({"type": "ping"})).await;
    assert_eq!(lively.next().await["type"], "pong");
}

#[tokio::test]
async fn the_schedule_closes_the_silent_and_a_disconnect_forgets_at_once() {
    let stack = start().await;
    let ada = stack.guest().await;
    let devices = async || {
        sockets_of(&stack, &ada)
            .await
            .into_keys()
            .collect::<Vec<_>>()
    };
    let phone = Socket::connect(&ada.ticket_url("phone").await).await;
    let tablet = Socket::connect(&ada.ticket_url("tablet").await).await;
    let mut laptop = ada.device("laptop").await;
    assert_eq!(devices().await, ["laptop", "phone", "tablet"]);

    // One leaves in good order, one in a tunnel: the gateway tells of both.
    let sockets = sockets_of(&stack, &ada).await;
    phone.close().await;
    eventually(vec!["laptop".to_owned(), "tablet".to_owned()], devices).await;
    tablet.vanish();
    eventually(vec!["laptop".to_owned()], devices).await;
    assert!(!is_watched(&stack, &sockets["phone"]).await);
    assert!(!is_watched(&stack, &sockets["tablet"]).await);

    sleep(SILENCE).await;
    stack.run_schedule("HeartbeatFunctionEveryMinute");
    assert_eq!(laptop.next().await["type"], "bye");
    assert_eq!(laptop.closed().await.code, 1000);
    eventually(Vec::<String>::new(), devices).await;
}

async fn ping(device: &mut Device) {
    device.send(&json!({"type": "ping"})).await;
    device.next_of("pong").await;
}

#[tokio::test]
async fn a_ping_that_redis_could_not_note_costs_no_socket() {
    let stack = start().await;
    let ada = stack.guest().await;
    let (mut phone, mut tablet) = (ada.device("phone").await, ada.device("tablet").await);
    assert_eq!(beat(&stack).await["closed"], 0);
    let redis = stack.stack().dials().redis();
    redis.cut().unwrap();
    sleep(SILENCE).await;
    ping(&mut phone).await;
    redis.restore().unwrap();
    ping(&mut tablet).await;

    // The phone has not been noted for longer than a socket may be silent.
    assert_eq!(beat(&stack).await, json!({"closed": 0, "complete": false}));
    sleep(SILENCE).await;
    ping(&mut phone).await;
    assert_eq!(beat(&stack).await, json!({"closed": 1, "complete": true}));
    assert_eq!(tablet.next_of("bye").await["code"], "ping_timeout");
}
