//! What is past its time goes, and what was promised for ever stays.

use serde_json::{Value, json};
use tests::{TestStack, User};

use crate::registry::eventually;

/// Sends over REST and gives the receipt.
async fn say(user: &User, session_id: &str, id: &str) -> Value {
    user.rest.send(session_id, id, "something").await.ok()["message"].clone()
}

/// Runs cleanup now and gives its report.
async fn clean_up(stack: &TestStack) -> Value {
    stack
        .rest()
        .post(
            "/2015-03-31/functions/CleanupFunction/invocations",
            &json!({}),
        )
        .await
        .ok()
}

/// A report: what is not named was not there.
fn report(found: &[(&str, u64)]) -> Value {
    let mut report = json!({
        "expired_sessions": 0, "orphaned_messages": 0, "retired_messages": 0, "orphaned_keys": 0,
        "expired_tokens": 0, "complete": true,
    });
    for (name, count) in found {
        report[*name] = (*count).into();
    }
    report
}

/// Lets time pass in the database.
async fn age(stack: &TestStack, statements: &str) {
    stack
        .database()
        .await
        .batch_execute(statements)
        .await
        .unwrap();
}

async fn count(stack: &TestStack, table: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    let rows = stack.database().await.query_typed(&sql, &[]).await.unwrap();
    rows[0].get(0)
}

/// The cursors and messages that a member still gets, by seq.
async fn seqs(user: &User, session_id: &str) -> Vec<Value> {
    let page = user
        .rest
        .since(session_id, &[("after_change", "0")])
        .await
        .ok();
    page["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["seq"].clone())
        .collect()
}

#[tokio::test]
async fn what_is_past_its_time_is_removed_and_counted_and_a_second_run_finds_nothing() {
    let stack = TestStack::with().no_schedules().start().await;
    let (ada, bob) = (stack.guest().await, stack.guest().await);
    let (old, deleted) = (
        ada.open_session("old").await,
        ada.open_session("deleted").await,
    );
    let live = ada.open_session("live").await;
    for (session, id) in [(&old, "a"), (&old, "b"), (&deleted, "c"), (&live, "e")] {
        say(&ada, session, id).await;
    }
    ada.rest.delete_session(&deleted).await.ok();
    let bobs = format!(
        "refresh_tokens SET expires_at = now() WHERE user_id = '{}'",
        bob.id
    );
    age(
        &stack,
        &format!("UPDATE sessions SET expires_at = now() WHERE title = 'old'; UPDATE {bobs}"),
    )
    .await;

    let found = [
        ("expired_sessions", 1),
        ("orphaned_messages", 3),
        ("expired_tokens", 1),
    ];
    assert_eq!(clean_up(&stack).await, report(&found));
    assert_eq!(clean_up(&stack).await, report(&[]));

    assert_eq!(ada.rest.session(&old).await.code(), Some("not_a_member"));
    assert_eq!(seqs(&ada, &live).await, [1]);
    assert_eq!(count(&stack, "messages").await, 1);
    assert_eq!(count(&stack, "members").await, 1);
    let refused = bob.rest.refresh(&bob.refresh_token).await;
    assert_eq!(refused.code(), Some("refresh_token_invalid"));
    ada.rest.refresh(&ada.refresh_token).await.ok();
}

#[tokio::test]
async fn a_message_past_retention_goes_and_its_key_stays_as_long_as_its_session() {
    let stack = TestStack::with().no_schedules().start().await;
    let ada = stack.guest().await;
    let session = ada.open_session("long").await;
    let receipt = say(&ada, &session, "first").await;
    say(&ada, &session, "second").await;
    // The recent list is filled now, and must not outlive the message.
    assert_eq!(seqs(&ada, &session).await, [1, 2]);
    age(
        &stack,
        "UPDATE messages SET created_at = now() - interval '91 days' WHERE seq = 1",
    )
    .await;
    assert_eq!(clean_up(&stack).await, report(&[("retired_messages", 1)]));
    assert_eq!(seqs(&ada, &session).await, [2]);
    let history = ada.rest.history(&session, &[]).await.ok();
    assert_eq!(history["message_count"], 1);

    let repeated = ada.rest.send(&session, "first", "something").await;
    assert_eq!(repeated.status, 200);
    assert_eq!(repeated.body["duplicate"], true);
    assert_eq!(repeated.body["message"]["id"], receipt["id"]);
    assert_eq!(repeated.body["message"]["seq"], receipt["seq"]);
    let other = ada.rest.send(&session, "first", "something else").await;
    assert_eq!(other.code(), Some("idempotency_conflict"));
    assert_eq!(seqs(&ada, &session).await, [2]);

    ada.rest.delete_session(&session).await.ok();
    let found = [("orphaned_messages", 1), ("orphaned_keys", 1)];
    assert_eq!(clean_up(&stack).await, report(&found));
    assert_eq!(count(&stack, "retired_messages").await, 0);
}

#[tokio::test]
async fn more_than_a_batch_goes_in_one_run_and_the_schedule_runs_it_too() {
    let stack = TestStack::with()
        .parameter("CleanupInterval", "6 hours")
        .no_schedules()
        .start()
        .await;
    let ada = stack.guest().await;
    let tokens = format!(
        "INSERT INTO refresh_tokens (digest, family, user_id, expires_at) \
         SELECT sha256(n::text::bytea), gen_random_uuid(), '{}', now() FROM generate_series(1, 2500) n;",
        ada.id
    );
    // As many as fill two batches, so that only an empty third one tells that nothing is left.
    let orphans = "INSERT INTO messages \
         (session_id, seq, change, id, user_id, role, idempotency_key, body_digest, content, created_at) \
         SELECT '00000000-0000-7000-8000-000000000000', n, n, gen_random_uuid(), gen_random_uuid(), \
                'owner', n::text, '', 'hi', now() FROM generate_series(1, 2000) n;";
    age(&stack, &format!("{tokens} {orphans}")).await;
    let (done, counts) = stack.counting(clean_up(&stack)).await;
    assert_eq!(
        done,
        report(&[("orphaned_messages", 2_000), ("expired_tokens", 2_500)])
    );
    let batches = |table: &str| {
        let of_table = |sql: &&String| sql.contains(&format!("DELETE FROM {table} "));
        counts
            .statements
            .keys()
            .filter(of_table)
            .map(|sql| counts.statements[sql])
            .sum::<u64>()
    };
    assert_eq!((batches("messages"), batches("refresh_tokens")), (3 + 1, 3));

    let daily = "CleanupFunctionDaily";
    let schedules = stack.stack().schedules().list();
    let schedule = schedules
        .iter()
        .map(|entry| &entry.schedule)
        .find(|entry| entry.name == daily);
    assert_eq!(
        schedule.expect("the template declares it").expression,
        "rate(6 hours)"
    );
    ada.open_session("old").await;
    age(&stack, "UPDATE sessions SET expires_at = now()").await;
    stack.run_schedule(daily);
    eventually(0, async || count(&stack, "sessions").await).await;
}
