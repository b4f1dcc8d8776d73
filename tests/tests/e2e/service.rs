//! Services: users that are programs, made by an operator's command.

use std::process::Output;

use serde_json::json;
use tests::{Socket, TestStack, User};
use tokio::process::Command;

/// Runs the operator's command against the stack's stores.
async fn operator(stack: &TestStack, arguments: &[&str]) -> Output {
    let command = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--bin", "service", "--"])
        .args(arguments)
        .env("DATABASE_URL", stack.stack().database_url().unwrap())
        .env("REDIS_URL", stack.stack().redis_url().unwrap())
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output();
    command.await.unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}

/// The key that a command shows.
async fn key(stack: &TestStack, arguments: &[&str]) -> String {
    let output = operator(stack, arguments).await;
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

async fn sign_in(stack: &TestStack, key: &str) -> tests::Reply {
    stack
        .rest()
        .post("/api/auth/service", &json!({"key": key}))
        .await
}

/// The service as a user. It has no refresh token.
async fn service(stack: &TestStack, key: &str) -> User {
    let mut tokens = sign_in(stack, key).await.ok();
    assert!(tokens["refresh_token"].is_null());
    tokens["refresh_token"] = "none".into();
    User::new(stack.rest(), &tokens)
}

#[tokio::test]
async fn a_service_signs_in_with_its_key_and_talks_until_it_is_revoked() {
    let stack = TestStack::with().no_schedules().start().await;
    let first_key = key(&stack, &["add", "shop-assistant"]).await;
    let taken = operator(&stack, &["add", "shop-assistant"]).await;
    assert!(!taken.status.success() && text(&taken.stderr).contains("there is a service"));
    for name in ["", "Shop", "-shop", &"s".repeat(64)] {
        let refused = operator(&stack, &["add", "--", name]).await;
        assert!(
            !refused.status.success() && text(&refused.stderr).contains("lower-case"),
            "{name}: {}",
            text(&refused.stderr)
        );
    }

    let assistant = service(&stack, &first_key).await;
    let ada = stack.guest().await;
    let session = ada.open_session("kettles").await;
    ada.rest
        .add_member(&session, &assistant.id, "assistant")
        .await
        .ok();
    let (mut phone, mut desk) = (ada.device("phone").await, assistant.device("desk").await);
    desk.message(&session, "How can I help?").await;
    let push = phone.next_of("message").await;
    assert_eq!(push["message"]["role"], "assistant");

    // Who has stolen the key must not make an account of the user, which would outlive the key.
    let account = assistant
        .rest
        .sign_up("eve@example.org", "long enough")
        .await;
    assert_eq!(account.code(), Some("forbidden"));

    // Another key, the same user; the old one and all that it opened end.
    let second_key = key(&stack, &["rotate", "shop-assistant"]).await;
    assert_eq!(
        sign_in(&stack, &first_key).await.code(),
        Some("invalid_credentials")
    );
    assert_eq!(assistant.rest.sessions().await.code(), Some("unauthorized"));
    desk.send(&json!({"type": "ping"})).await;
    assert_eq!(desk.next_of("bye").await["code"], "signed_out");
    let renewed = service(&stack, &second_key).await;
    assert_eq!(renewed.id, assistant.id);
    renewed.rest.send(&session, "k", "back again").await.ok();

    let listed = text(&operator(&stack, &["list"]).await.stdout);
    assert!(listed.contains("shop-assistant") && listed.contains(&assistant.id));
    assert!(!listed.contains(&second_key));
    let ticket = renewed.ticket_url("desk").await;
    let revoked = operator(&stack, &["revoke", "shop-assistant"]).await;
    assert!(revoked.status.success(), "{}", text(&revoked.stderr));
    assert_eq!(renewed.rest.sessions().await.code(), Some("unauthorized"));
    assert!(Socket::try_connect(&ticket).await.is_err());
    for unknown in [&*second_key, "gps_nonsense", "nonsense", ""] {
        assert_eq!(
            sign_in(&stack, unknown).await.code(),
            Some("invalid_credentials")
        );
    }
    let gone = operator(&stack, &["revoke", "shop-assistant"]).await;
    assert!(!gone.status.success() && text(&gone.stderr).contains("there is no service"));
    // What it said stays.
    let history = ada.rest.history(&session, &[]).await.ok();
    assert_eq!(history["messages"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_services_key_is_guessed_as_slowly_as_a_password() {
    let stack = TestStack::with()
        .variable("RATE_LIMIT_AUTH", "2")
        .no_schedules()
        .start()
        .await;
    for left in ["1", "0"] {
        let refused = sign_in(&stack, "gps_nonsense").await;
        assert_eq!(refused.header("x-ratelimit-remaining"), Some(left));
    }
    assert_eq!(
        sign_in(&stack, "gps_nonsense").await.code(),
        Some("rate_limited")
    );
}
