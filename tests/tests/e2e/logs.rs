//! What the functions log when everything goes wrong at their most talkative: never what somebody said, who they are, or what proves it.
//! That nothing secret stands in it is asserted by every stack of these tests when it ends.

use std::time::Duration;

use serde_json::json;
use tests::{Rest, TestStack};
use tokio::time::sleep;

const EMAIL: &str = "ada.lovelace@example.org";
const PASSWORD: &str = "an analytical engine";

/// Says things in every way, rightly and wrongly.
async fn talk(stack: &TestStack, label: &str) {
    let (ada, bob) = (stack.guest().await, stack.guest().await);
    let session = ada.open_session("the secret garden").await;
    ada.rest.add_member(&session, &bob.id, "member").await.ok();
    let (mut phone, tablet) = (
        ada.device("adas-phone").await,
        bob.device("bobs-tablet").await,
    );
    // A socket that is gone is pushed to.
    tablet.vanish();
    let say = |id: &str| json!({"type": "message", "id": id, "session_id": session, "content": format!("the attic key {label}"), "metadata": {"mood": "whispering"}});
    phone.request(say("said")).await;
    ada.rest
        .send(&session, "again", "the cellar key")
        .await
        .ok();
    ada.rest
        .since(&session, &[("after_change", "0")])
        .await
        .ok();
    ada.rest.history(&session, &[]).await.ok();
    phone
        .request(json!({"type": "sync", "cursors": {&session: 0}}))
        .await;
    phone
        .send(&json!({"type": "message", "content": "of no session at all"}))
        .await;
    phone
        .send_text(r#"{"content": "the attic key, but no frame"#)
        .await;
    phone.close().await;
}

/// Signs in, rightly and wrongly.
async fn sign_in(rest: &Rest, url: &str) {
    rest.sign_up(EMAIL, PASSWORD).await.ok();
    rest.sign_up(EMAIL, "a difference engine").await;
    let tokens = rest.log_in(EMAIL, PASSWORD).await.ok();
    rest.log_in(EMAIL, "a steam engine, no less").await;
    rest.log_in("not.an.address", PASSWORD).await;
    let refresh = tokens["refresh_token"].as_str().unwrap();
    rest.refresh(refresh).await.ok();
    rest.refresh(refresh).await;
    rest.log_out("a refresh token of nobody").await;
    rest.with_token("an.access.token-of-nobody")
        .sessions()
        .await;
    for ticket in ["a.ticket.of-nobody", "nonsense-for-a-ticket"] {
        tests::Socket::try_connect(&format!("{url}?ticket={ticket}"))
            .await
            .unwrap_err();
    }
    let ada = tests::User::new(rest.clone(), &rest.log_in(EMAIL, PASSWORD).await.ok());
    let used = ada.ticket_url("phone").await;
    tests::Socket::connect(&used).await.close().await;
    tests::Socket::try_connect(&used).await.unwrap_err();
}

/// Lines that report a failure of ours.
fn failures(lines: &[String]) -> impl Iterator<Item = &String> {
    let levels = [r#""level":"ERROR""#, r#""level":"WARN""#];
    let reports = move |line: &&String| levels.iter().any(|level| line.contains(level));
    lines.iter().filter(reports)
}

#[tokio::test]
async fn the_most_talkative_log_tells_nothing() {
    let stack = TestStack::with()
        .variable("AWS_LAMBDA_LOG_LEVEL", "TRACE")
        .no_schedules()
        .start()
        .await;
    sign_in(&stack.rest(), &stack.socket_url()).await;
    talk(&stack, "of the first day").await;
    stack.run_schedule("HeartbeatFunctionEveryMinute");
    stack.run_schedule("CleanupFunctionDaily");
    sleep(Duration::from_millis(500)).await;
    let lines = stack.stop().await;
    assert!(
        lines.iter().any(|line| line.contains("refused")),
        "the log was read"
    );
}

#[tokio::test]
async fn a_statement_that_fails_quotes_nobody() {
    let stack = TestStack::with().no_schedules().start().await;
    let ada = stack.guest().await;
    let session = ada.open_session("a failing garden").await;
    // PostgreSQL explains both failures with the whole row.
    let database = stack.database().await;
    for broken in [
        "alter table messages add constraint broken check (content = 'nothing') not valid",
        "alter table credentials add constraint broken check (email is null) not valid",
    ] {
        database.batch_execute(broken).await.unwrap();
    }
    let mut phone = ada.device("phone").await;
    assert_eq!(
        phone.message(&session, "the broken key").await["code"],
        "internal"
    );
    let refused = ada.rest.sign_up(EMAIL, PASSWORD).await;
    assert_eq!(refused.code(), Some("internal"));
    let lines = stack.stop().await;
    // Each is reported once, and what it takes to mend it stands there.
    let explained =
        failures(&lines).filter(|line| line.contains("23514") && line.contains("broken"));
    assert_eq!(explained.count(), 2, "{lines:#?}");
}

#[tokio::test]
async fn a_store_that_is_away_is_reported_without_what_was_meant_for_it() {
    let stack = TestStack::with().no_schedules().start().await;
    let ada = stack.guest().await;
    let session = ada.open_session("a lonely garden").await;
    let mut phone = ada.device("phone").await;
    stack.stop_redis().await;
    assert_eq!(
        phone.message(&session, "the key without a cache").await["type"],
        "ack"
    );
    stack.stop_postgres().await;
    assert_eq!(
        phone.message(&session, "the key without a lock").await["code"],
        "unavailable"
    );
    assert_eq!(
        stack.rest().log_in(EMAIL, PASSWORD).await.code(),
        Some("unavailable")
    );
    let lines = stack.stop().await;
    assert!(failures(&lines).count() > 2, "{lines:#?}");
}
