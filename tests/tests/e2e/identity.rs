//! Who somebody is: a guest who signs up, logs in, stays signed in, and out.

use serde_json::{Value, json};
use tests::{Conversation, Reply, TestStack, User};
use tokio_postgres::types::Type;

/// The refresh token of an answer.
fn refresh_token(tokens: &Value) -> &str {
    tokens["refresh_token"]
        .as_str()
        .expect("every answer with tokens has one")
}

async fn start() -> TestStack {
    TestStack::with().no_schedules().start().await
}

#[tokio::test]
async fn a_guest_who_signs_up_stays_the_same_user_and_keeps_everything() {
    let stack = start().await;
    let guest = stack.guest().await;
    let session = guest.open_session("before").await;
    guest.rest.send(&session, "k", "from a guest").await.ok();

    let signed_up = guest.rest.sign_up("Ada@Example.org", "long enough").await;
    assert_eq!(signed_up.status, 201);
    let ada = User::new(stack.rest(), &signed_up.body);
    assert_eq!(ada.id, guest.id);
    // With any spelling of the address, from any device.
    for email in ["ada@example.org", " ADA@EXAMPLE.ORG "] {
        let elsewhere = User::new(
            stack.rest(),
            &stack.rest().log_in(email, "long enough").await.ok(),
        );
        assert_eq!(elsewhere.id, guest.id);
        let history = elsewhere.rest.history(&session, &[]).await.ok();
        assert_eq!(history["messages"][0]["content"], "from a guest");
        assert_eq!(history["messages"][0]["user_id"], guest.id);
    }
    // The guest's own tokens were never bad, and the socket has no other identity than REST has.
    guest.rest.sessions().await.ok();
    let mut phone = ada.device("phone").await;
    assert_eq!(
        phone.message(&session, "from an account").await["message"]["seq"],
        2
    );
}

#[tokio::test]
async fn a_second_sign_up_changes_nothing_and_a_stranger_learns_nothing() {
    let stack = start().await;
    let ada = stack.sign_up("ada@example.org", "long enough").await;
    let guest = stack.guest().await;
    let codes = [
        stack.rest().sign_up("ada@example.org", "another one").await,
        guest.rest.sign_up("Ada@Example.Org", "another one").await,
        ada.rest.sign_up("ada@example.org", "another one").await,
        ada.rest.sign_up("ada@example.com", "another one").await,
    ];
    let codes = codes.each_ref().map(Reply::code);
    assert_eq!(codes[..2], [Some("email_taken"); 2]);
    // Both are true of the third; which is told does not matter.
    assert!([Some("email_taken"), Some("already_signed_up")].contains(&codes[2]));
    assert_eq!(codes[3], Some("already_signed_up"));

    let wrong = stack.rest().log_in("ada@example.org", "another one").await;
    let unknown = stack.rest().log_in("ada@example.com", "another one").await;
    assert_eq!((wrong.status, &wrong.body), (unknown.status, &unknown.body));
    assert_eq!(wrong.code(), Some("invalid_credentials"));
    let names = |reply: &Reply| {
        reply
            .headers
            .keys()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&wrong), names(&unknown));
    stack
        .rest()
        .log_in("ada@example.org", "long enough")
        .await
        .ok();
    // The guest whose sign-up was refused is a guest as before.
    assert_eq!(
        guest
            .rest
            .sign_up("grace@example.org", "long enough")
            .await
            .status,
        201
    );
}

#[tokio::test]
async fn a_refresh_token_rotates_and_a_copy_of_it_ends_its_family() {
    let stack = start().await;
    let ada = stack.sign_up("ada@example.org", "long enough").await;
    let elsewhere = stack
        .rest()
        .log_in("ada@example.org", "long enough")
        .await
        .ok();

    let second = stack.rest().refresh(&ada.refresh_token).await.ok();
    assert_ne!(refresh_token(&second), ada.refresh_token);
    let third = stack.rest().refresh(refresh_token(&second)).await.ok();
    let refreshed = User::new(stack.rest(), &third);
    assert_eq!(refreshed.id, ada.id);
    refreshed.rest.sessions().await.ok();

    // Somebody kept the first one. Nobody can tell who, so the newest is worth nothing either.
    let reused = stack.rest().refresh(&ada.refresh_token).await;
    assert_eq!(reused.code(), Some("refresh_token_reused"));
    for revoked in [
        &ada.refresh_token,
        refresh_token(&second),
        refresh_token(&third),
    ] {
        let refused = stack.rest().refresh(revoked).await;
        assert_eq!(refused.code(), Some("refresh_token_invalid"));
    }
    // The other device signed in by itself.
    stack.rest().refresh(refresh_token(&elsewhere)).await.ok();
}

#[tokio::test]
async fn of_two_refreshes_at_the_same_moment_one_wins() {
    let stack = start().await;
    for _ in 0..5 {
        let ada = stack.guest().await;
        let rest = stack.rest();
        let both = tokio::join!(
            rest.refresh(&ada.refresh_token),
            rest.refresh(&ada.refresh_token)
        );
        let (won, lost) = if both.0.status.is_success() {
            both
        } else {
            (both.1, both.0)
        };
        assert_eq!(won.status, 200, "{}", won.body);
        assert_eq!(lost.code(), Some("refresh_token_reused"));
        let revoked = rest.refresh(refresh_token(&won.body)).await;
        assert_eq!(revoked.code(), Some("refresh_token_invalid"));
    }
}

#[tokio::test]
async fn a_log_out_ends_one_device_and_can_be_repeated() {
    let stack = start().await;
    let phone = stack.sign_up("ada@example.org", "long enough").await;
    let tablet = stack
        .rest()
        .log_in("ada@example.org", "long enough")
        .await
        .ok();
    let newest = stack.rest().refresh(&phone.refresh_token).await.ok();
    for _ in 0..2 {
        let done = stack.rest().log_out(refresh_token(&newest)).await;
        assert_eq!((done.status.as_u16(), done.body), (204, Value::Null));
    }
    // The whole family goes, and a log-out is no theft: nothing is called reused.
    for token in [&phone.refresh_token, refresh_token(&newest)] {
        let refused = stack.rest().refresh(token).await;
        assert_eq!(refused.code(), Some("refresh_token_invalid"));
    }
    stack.rest().refresh(refresh_token(&tablet)).await.ok();
    assert_eq!(stack.rest().log_out("nobody's").await.status, 204);
}

#[tokio::test]
async fn neither_passwords_nor_tokens_can_be_read_in_the_database() {
    let stack = start().await;
    let ada = stack.sign_up("ada@example.org", "correct horse").await;
    let sql = "SELECT password_hash FROM credentials";
    let database = stack.database().await;
    let hash: String = database.query_typed(sql, &[]).await.unwrap()[0].get(0);
    assert!(
        hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
        "{hash}"
    );
    // PostgreSQL makes the digest anew, so the code that is tested is not asked what is right.
    let sql = "SELECT digest, sha256(convert_to($1, 'UTF8')) FROM refresh_tokens";
    let token = [(&ada.refresh_token as _, Type::TEXT)];
    let row = &database.query_typed(sql, &token).await.unwrap()[0];
    assert_eq!(row.get::<_, Vec<u8>>(0), row.get::<_, Vec<u8>>(1));
}

#[tokio::test]
async fn a_guest_who_logs_in_takes_their_sessions_along() {
    let stack = start().await;
    let ada = stack.sign_up("ada@example.org", "long enough").await;
    let Conversation {
        ada: guest,
        shop,
        session,
    } = stack.conversation().await;
    let mut phone = guest.device("phone").await;
    phone.message(&session, "as a guest").await;
    let (mut laptop, mut desk) = (ada.device("laptop").await, shop.device("desk").await);
    // A session that both are in: the account was let in by the guest, who owns it.
    let shared = guest.open_session("Both").await;
    guest.rest.add_member(&shared, &ada.id, "member").await.ok();

    let tokens = guest
        .rest
        .log_in("ada@example.org", "long enough")
        .await
        .ok();
    assert_eq!(tokens["user_id"], ada.id);
    let bye = phone.next_of("bye").await;
    assert_eq!(
        (&bye["code"], &bye["retry"]),
        (&json!("logged_in"), &json!(true))
    );
    assert_eq!(phone.closed().await.code, 1_000);

    let history = ada.rest.history(&session, &[]).await.ok();
    assert_eq!(history["messages"][0]["user_id"], ada.id);
    for moved in [&session, &shared] {
        assert_eq!(ada.rest.session(moved).await.ok()["role"], "owner");
        assert_eq!(guest.rest.session(moved).await.code(), Some("unauthorized"));
    }
    assert_eq!(
        ada.rest.members(&shared).await.ok()["members"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        guest.rest.refresh(&guest.refresh_token).await.code(),
        Some("refresh_token_invalid")
    );

    // The others are told who has come instead, and the account's devices of what is theirs now.
    let (left, joined) = (desk.next().await, desk.next().await);
    assert_eq!(
        [&left["type"], &left["user_id"], &left["session_id"]],
        ["member_left", guest.id.as_str(), session.as_str()]
    );
    assert_eq!(
        [&joined["type"], &joined["member"]["user_id"]],
        ["member_joined", ada.id.as_str()]
    );
    let mut told = Vec::new();
    while told.len() < 2 {
        let frame = laptop.next_of("member_joined").await;
        // The guest let the account in before.
        if frame["member"]["role"] == "owner" {
            assert_eq!(frame["member"]["user_id"], ada.id);
            told.push(frame["session_id"].clone());
        }
    }
    assert!(told.contains(&json!(session)) && told.contains(&json!(shared)));

    // The others hear the account from now on.
    let first = &history["messages"][0];
    assert_eq!(
        laptop.message(&session, "as myself").await["message"]["seq"],
        2
    );
    let push = desk.next_of("message").await;
    assert_eq!(
        (&push["message"]["user_id"], &push["prev"]),
        (&json!(ada.id), &first["change"])
    );
}

#[tokio::test]
async fn an_account_that_logs_in_to_another_takes_nothing_along() {
    let stack = start().await;
    let ada = stack.sign_up("ada@example.org", "long enough").await;
    stack.sign_up("bob@example.org", "long enough").await;
    let session = ada.open_session("Ada's").await;
    ada.rest.log_in("bob@example.org", "long enough").await.ok();
    assert_eq!(ada.rest.session(&session).await.ok()["role"], "owner");
}
