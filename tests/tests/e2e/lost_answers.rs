//! Requests about sign-ins whose answer was lost, so that they come again; and those that meet.

use serde_json::{Value, json};
use shared::token::RefreshToken;
use tests::{Reply, TestStack, User};
use tokio_postgres::types::Type;

const ID: &str = "an exchange's id";

async fn start() -> TestStack {
    TestStack::with().no_schedules().start().await
}

async fn exchange(stack: &TestStack, token: &str, id: &str) -> Reply {
    let body = json!({"refresh_token": token, "id": id});
    stack.rest().post("/api/auth/refresh", &body).await
}

fn refresh_token(tokens: &Value) -> &str {
    tokens["refresh_token"].as_str().unwrap()
}

#[tokio::test]
async fn an_exchange_that_comes_again_gives_the_same_and_another_one_is_a_theft() {
    let stack = start().await;
    let ada = stack.guest().await;
    let first = exchange(&stack, &ada.refresh_token, ID).await.ok();
    let again = exchange(&stack, &ada.refresh_token, ID).await.ok();
    assert_eq!(refresh_token(&again), refresh_token(&first));
    assert_ne!(refresh_token(&first), ada.refresh_token);
    let renewed = User::new(stack.rest(), &again);
    renewed.rest.sessions().await.ok();

    // When the successor has been used its owner had the answer: who comes now has a copy of both.
    exchange(&stack, refresh_token(&first), ID).await.ok();
    let late = exchange(&stack, &ada.refresh_token, ID).await;
    assert_eq!(late.code(), Some("refresh_token_reused"));

    let bob = stack.guest().await;
    exchange(&stack, &bob.refresh_token, ID).await.ok();
    let thief = exchange(&stack, &bob.refresh_token, "somebody else's id").await;
    assert_eq!(thief.code(), Some("refresh_token_reused"));
    let owner = exchange(&stack, &bob.refresh_token, ID).await;
    assert_eq!(owner.code(), Some("refresh_token_invalid"));
}

/// An operator has put a new key in front meanwhile.
#[tokio::test]
async fn an_exchange_that_comes_again_under_a_new_key_gives_the_same() {
    const OLD: &str = "a-token-secret-that-is-about-to-go-with-enough-characters";
    const NEW: &str = "a-token-secret-that-has-just-come-with-enough-characters";
    let stack = TestStack::with()
        .parameter("TokenKeys", OLD)
        .no_schedules()
        .start()
        .await;
    let with_keys = async |keys: &str| {
        let builder = TestStack::with().parameter("TokenKeys", keys);
        let builder = builder.on_database_of(&stack).no_schedules();
        builder.start().await
    };
    let (ada, bob) = (stack.guest().await, stack.guest().await);
    let first = exchange(&stack, &ada.refresh_token, ID).await.ok();
    exchange(&stack, &bob.refresh_token, ID).await.ok();

    let rotated = with_keys(&format!("{NEW},{OLD}")).await;
    for _ in 0..2 {
        let again = exchange(&rotated, &ada.refresh_token, ID).await.ok();
        assert_eq!(refresh_token(&again), refresh_token(&first));
    }
    let thief = exchange(&rotated, &bob.refresh_token, "somebody else's id").await;
    assert_eq!(thief.code(), Some("refresh_token_reused"));

    // What is exchanged from now on does not need the old key.
    let next = exchange(&rotated, refresh_token(&first), ID).await.ok();
    let alone = with_keys(NEW).await;
    let again = exchange(&alone, refresh_token(&first), ID).await.ok();
    assert_eq!(refresh_token(&again), refresh_token(&next));
}

#[tokio::test]
async fn an_exchanges_id_has_16_to_64_bytes() {
    let stack = start().await;
    for (length, taken) in [(15, false), (16, true), (64, true), (65, false)] {
        let ada = stack.guest().await;
        let reply = exchange(&stack, &ada.refresh_token, &"x".repeat(length)).await;
        let expected = (!taken).then_some("invalid_field");
        assert_eq!(reply.code(), expected, "{length}: {}", reply.body);
    }
}

/// Begins to exchange a token in a transaction of its own, as a function does whose answer from PostgreSQL is on its way.
async fn exchange_under_way(stack: &TestStack, token: &str) -> (tokio_postgres::Client, String) {
    let database = stack.database().await;
    database.batch_execute("BEGIN").await.unwrap();
    let successor = RefreshToken::random();
    let digest = RefreshToken(token.to_owned()).digest();
    let sql = "SELECT outcome FROM refresh_token_rotate($1, $2, interval '1 day')";
    let params = [
        (&digest as _, Type::BYTEA),
        (&successor.digest() as _, Type::BYTEA),
    ];
    let rows = database.query_typed(sql, &params).await;
    assert_eq!(rows.unwrap()[0].get::<_, &str>(0), "rotated");
    (database, successor.0)
}

#[tokio::test]
async fn a_sign_in_that_ends_while_its_token_is_exchanged_does_not_come_back() {
    let stack = start().await;
    let ends: [(&str, Value); 2] = [
        ("/api/auth/logout", json!({})),
        ("/api/auth/logout", json!({"everywhere": true})),
    ];
    for (path, mut body) in ends {
        let ada = stack.guest().await;
        body["refresh_token"] = json!(ada.refresh_token);
        let (database, successor) = exchange_under_way(&stack, &ada.refresh_token).await;
        let rest = stack.rest();
        let (ended, ()) = tokio::join!(rest.post(path, &body), async {
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
            database.batch_execute("COMMIT").await.unwrap();
        });
        assert_eq!(ended.status, 204);
        let back = stack.rest().refresh(&successor).await;
        assert_eq!(back.code(), Some("refresh_token_invalid"), "{body}");
    }

    // A copy of an old token, while the newest is exchanged.
    let ada = stack.guest().await;
    let newest = stack.rest().refresh(&ada.refresh_token).await.ok();
    let (database, successor) = exchange_under_way(&stack, refresh_token(&newest)).await;
    let rest = stack.rest();
    let (thief, ()) = tokio::join!(rest.refresh(&ada.refresh_token), async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        database.batch_execute("COMMIT").await.unwrap();
    });
    assert_eq!(thief.code(), Some("refresh_token_reused"));
    let back = stack.rest().refresh(&successor).await;
    assert_eq!(back.code(), Some("refresh_token_invalid"));
}

/// The first ended the sign-in in PostgreSQL and came no further.
#[tokio::test]
async fn a_log_out_that_comes_again_leaves_its_mark_again() {
    let stack = start().await;
    let ada = stack.guest().await;
    let mut phone = ada.device("phone").await;
    let database = stack.database().await;
    let digest = RefreshToken(ada.refresh_token.clone()).digest();
    let sql = "SELECT sign_out($1, false)";
    let ended = database.query_typed(sql, &[(&digest, Type::BYTEA)]).await;
    ended.unwrap();
    ada.rest.sessions().await.ok();

    assert_eq!(stack.rest().log_out(&ada.refresh_token).await.status, 204);
    assert_eq!(phone.next_of("bye").await["code"], "signed_out");
    assert_eq!(ada.rest.sessions().await.code(), Some("unauthorized"));
}

#[tokio::test]
async fn a_guests_log_in_can_come_again() {
    let stack = start().await;
    let ada = stack.sign_up("ada@example.org", "long enough").await;
    let guest = stack.guest().await;
    let session = guest.open_session("Kettles").await;
    for _ in 0..2 {
        let tokens = guest
            .rest
            .log_in("ada@example.org", "long enough")
            .await
            .ok();
        assert_eq!(tokens["user_id"], json!(ada.id));
    }
    let page = ada.rest.since(&session, &[("after_change", "0")]).await;
    assert_eq!(page.status, 200, "{}", page.body);
}
