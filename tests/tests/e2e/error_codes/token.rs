//! Access tokens and refresh tokens that are none, or not any more.

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, TokenData, Validation, decode, encode};
use serde_json::Value;
use shared::code::Code;
use tests::TestStack;

use super::assert_problem;

/// What the stacks that sign here sign with.
pub(super) const KEY: &str = "a-secret-of-these-tests-with-32-characters";

/// The same token under the same key, but past its end.
pub(super) fn expired(token: &str) -> String {
    resigned(token, |claims| claims["exp"] = 1.into())
}

fn resigned(token: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.validate_aud = false;
    let key = DecodingKey::from_secret(KEY.as_bytes());
    let TokenData {
        header, mut claims, ..
    } = decode::<Value>(token, &key, &validation).unwrap();
    change(&mut claims);
    encode(&header, &claims, &EncodingKey::from_secret(KEY.as_bytes())).unwrap()
}

#[tokio::test]
async fn an_access_token_is_ours_and_young() {
    let stack = TestStack::with()
        .parameter("TokenKeys", KEY)
        .no_schedules()
        .start()
        .await;
    let tokens = stack.rest().guest().await.ok();
    let token = tokens["access_token"].as_str().unwrap();
    let ada = stack.rest().with_token(token);
    let ticket = ada.ticket("phone").await.ok()["ticket"].clone();

    // The same claims signed again are the same token, so what follows fails for the one reason it names.
    stack
        .rest()
        .with_token(&resigned(token, |_| {}))
        .sessions()
        .await
        .ok();
    let forged = format!("{}x", &token[..token.len() - 1]);
    for (other, code) in [
        (stack.rest(), Code::Unauthorized),
        (stack.rest().with_token("nonsense"), Code::Unauthorized),
        (stack.rest().with_token(&forged), Code::Unauthorized),
        (
            stack.rest().with_token(ticket.as_str().unwrap()),
            Code::Unauthorized,
        ),
        (stack.rest().with_token(&expired(token)), Code::TokenExpired),
    ] {
        assert_problem(&other.sessions().await, code, None);
        assert_problem(&other.send("s", "k", "hi").await, code, None);
        assert_problem(&other.ticket("phone").await, code, None);
    }
    // A guest whose token is bad is not quietly signed up as somebody new.
    let stale = stack.rest().with_token(&expired(token));
    assert_problem(
        &stale.sign_up("ada@example.org", "long enough").await,
        Code::TokenExpired,
        None,
    );
}

#[tokio::test]
async fn a_refresh_token_is_known_and_used_once() {
    let stack = TestStack::with().no_schedules().start().await;
    let ada = stack.guest().await;
    let unknown = stack.rest().refresh("nonsense").await;
    assert_problem(&unknown, Code::RefreshTokenInvalid, None);
    ada.rest.refresh(&ada.refresh_token).await.ok();
    let reused = ada.rest.refresh(&ada.refresh_token).await;
    assert_problem(&reused, Code::RefreshTokenReused, None);
}
