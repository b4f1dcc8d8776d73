//! Nothing changes behind a pooler in transaction mode. These run always, where PgBouncer is to be had; with
//! `GATEPOST_TEST_POSTGRES=pgbouncer` all tests run behind one.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use tests::{Conversation, TestStack};
use tokio::time::sleep;

/// Eight sockets write at once over four connections: statements of one function follow those of another on each.
#[tokio::test]
async fn many_functions_share_few_connections() {
    let stack = TestStack::with().pooler().no_schedules();
    let Some(stack) = stack.start_if_installed().await else {
        return;
    };
    let Conversation { ada, shop, session } = stack.conversation().await;
    let write = async |n: usize| {
        let user = if n.is_multiple_of(2) { &ada } else { &shop };
        let mut socket = user.device(&format!("device {n}")).await;
        for i in 0..10 {
            let ack = socket.message(&session, &format!("{n} {i}")).await;
            assert_eq!(ack["type"], "ack", "{ack}");
            socket.pushes();
        }
    };
    join_all((0..8).map(write)).await;
    let history = ada.rest.history(&session, &[("limit", "100")]).await.ok();
    let mut seqs: Vec<i64> = history["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["seq"].as_i64().unwrap())
        .collect();
    seqs.sort();
    assert_eq!(seqs, (1..=80).collect::<Vec<_>>());

    // Every statement of an account's life.
    let eve = stack
        .sign_up("eve@example.com", "correct horse battery")
        .await;
    let again = stack
        .rest()
        .log_in("eve@example.com", "correct horse battery")
        .await;
    assert_eq!(again.ok()["user_id"].as_str(), Some(eve.id.as_str()));
    eve.rest.refresh(&eve.refresh_token).await.ok();
    ada.rest.add_member(&session, &eve.id, "member").await.ok();
    let path = "/2015-03-31/functions/CleanupFunction/invocations";
    let report = stack.rest().post(path, &json!({})).await.ok();
    assert_eq!(report["complete"], true, "{report}");
}

#[tokio::test]
async fn a_database_that_was_away_behind_a_pooler_is_found_again() {
    let stack = TestStack::with().pooler().no_schedules();
    let Some(stack) = stack.start_if_installed().await else {
        return;
    };
    let ada = stack.guest().await;
    let session = ada.open_session("Tea").await;
    stack.stop_postgres().await;
    let refused = ada.rest.send(&session, "a", "lost?").await;
    assert_eq!(refused.code(), Some("unavailable"));
    stack.start_postgres().await;
    // The pooler refuses for a second and more before it tries again.
    let mut sent = ada.rest.send(&session, "a", "kept").await;
    for _ in 0..40 {
        if sent.status.is_success() {
            break;
        }
        sleep(Duration::from_millis(250)).await;
        sent = ada.rest.send(&session, "a", "kept").await;
    }
    assert_eq!(sent.ok()["message"]["seq"], 1);
}
