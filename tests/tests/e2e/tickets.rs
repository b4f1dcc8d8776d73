//! One ticket, one socket: whatever happens to Redis, and from one origin only.

use serde_json::{Value, json};
use tests::{Socket, TestStack};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Error, client::IntoClientRequest},
};

async fn start() -> TestStack {
    TestStack::with().no_schedules().start().await
}

async fn refused(url: &str) -> u16 {
    let refused = Socket::try_connect(url).await;
    refused.expect_err("the socket stays shut").status.as_u16()
}

#[tokio::test]
async fn a_replay_is_refused_also_after_redis_has_forgotten_everything() {
    let stack = start().await;
    let ada = stack.guest().await;
    let (used, unused) = (ada.ticket_url("a").await, ada.ticket_url("b").await);
    let _socket = Socket::connect(&used).await;
    stack.stop_redis().await;
    stack.start_redis().await;
    assert_eq!(refused(&used).await, 403);
    // Nobody can tell any more that this one was not used. The next one opens.
    assert_eq!(refused(&unused).await, 403);
    ada.device("c").await;
}

#[tokio::test]
async fn without_redis_a_ticket_opens_one_socket_too() {
    let stack = start().await;
    let ada = stack.guest().await;
    let before = ada.ticket_url("a").await;
    stack.stop_redis().await;
    assert_eq!(refused(&before).await, 403, "its note cannot be read");
    let noted = ada.ticket_url("b").await;
    let _socket = Socket::connect(&noted).await;
    assert_eq!(refused(&noted).await, 403);
    let late = ada.ticket_url("c").await;
    stack.start_redis().await;
    assert_eq!(refused(&noted).await, 403);
    let _socket = Socket::connect(&late).await;
    assert_eq!(refused(&late).await, 403);
}

/// The status of a handshake by a page of an origin; 101 if it opened.
async fn handshake(url: &str, origin: Option<&str>) -> u16 {
    let mut request = url.into_client_request().unwrap();
    if let Some(origin) = origin {
        let headers = request.headers_mut();
        headers.insert("origin", origin.parse().unwrap());
    }
    match connect_async(request).await {
        Ok((_, response)) => response.status().as_u16(),
        Err(Error::Http(response)) => response.status().as_u16(),
        Err(error) => panic!("the handshake broke off: {error}"),
    }
}

#[tokio::test]
async fn a_ticket_that_a_page_asked_for_is_for_pages_of_its_origin() {
    let stack = start().await;
    let tokens = stack.rest().guest().await.ok();
    let page = async |origin: &str| -> String {
        let client = tests::direct().build().unwrap();
        let reply = client
            .post(format!("{}/api/auth/ticket", stack.stack().url()))
            .bearer_auth(tokens["access_token"].as_str().unwrap())
            .header("origin", origin)
            .json(&json!({"device_id": "page"}))
            .send();
        let ticket: Value = reply.await.unwrap().json().await.unwrap();
        format!(
            "{}?ticket={}",
            ticket["url"].as_str().unwrap(),
            ticket["ticket"].as_str().unwrap()
        )
    };
    let shop = "https://shop.example";
    for other in [
        Some("https://evil.example"),
        Some("http://shop.example"),
        None,
    ] {
        let ticket = page(shop).await;
        assert_eq!(handshake(&ticket, other).await, 403, "{other:?}");
        // Who may not use it does not use it up.
        assert_eq!(handshake(&ticket, Some(shop)).await, 101);
        assert_eq!(handshake(&ticket, Some(shop)).await, 403);
    }
}

#[tokio::test]
async fn a_user_has_so_many_sockets_and_not_one_more() {
    let stack = TestStack::with()
        .variable("CONNECTIONS_PER_USER", "2")
        .no_schedules()
        .start()
        .await;
    let (ada, bob) = (stack.guest().await, stack.guest().await);
    let first = ada.device("a").await;
    let _second = ada.device("b").await;
    assert_eq!(refused(&ada.ticket_url("c").await).await, 403);
    bob.device("a").await;
    first.close().await;
    crate::registry::eventually(1, async || {
        crate::registry::sockets_of(&stack, &ada).await.len()
    })
    .await;
    ada.device("c").await;
}
