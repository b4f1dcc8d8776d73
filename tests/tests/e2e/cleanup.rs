//! What is past its time goes, and what was promised for ever stays.

use serde_json::{Value, json};
use tests::{TestStack, User};

use crate::registry::eventually;

/// Sends over REST and gives the receipt.
async fn say(user: &User, session_id: &str, id: &str) -> Value {
    user.rest.send(session_id, id, "something").await.ok()["message"].clone()
}

/// Runs a slice of cleanup and gives its report.
async fn invoke(stack: &TestStack, event: Value) -> Value {
    stack
        .rest()
        .post("/2015-03-31/functions/CleanupFunction/invocations", &event)
        .await
        .ok()
}

async fn clean_up(stack: &TestStack) -> Value {
    counts(invoke(stack, json!({})).await)
}

/// A report without its durations.
fn counts(mut report: Value) -> Value {
    let fields = report.as_object_mut().unwrap();
    for name in ["batches", "longest_batch_millis", "millis", "dry_run"] {
        fields.remove(name).unwrap();
    }
    report
}

/// A report: what is not named was not there.
fn report(found: &[(&str, u64)]) -> Value {
    let mut report = json!({
        "expired_sessions": 0, "orphaned_messages": 0, "retired_messages": 0, "orphaned_keys": 0, "expired_tokens": 0,
        "expired_invites": 0, "expired_tickets": 0, "expired_attempts": 0, "complete": true,
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
        "UPDATE messages SET created_at = now() - interval '91 days' WHERE seq = 1; \
         UPDATE sessions SET retained_from = now() - interval '91 days'",
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
    let orphans = "INSERT INTO messages \
         (session_id, seq, change, id, user_id, role, idempotency_key, body_digest, content, created_at) \
         SELECT '00000000-0000-7000-8000-000000000000', n, n, gen_random_uuid(), gen_random_uuid(), \
                'owner', n::text, '', 'hi', now() FROM generate_series(1, 2000) n; \
         INSERT INTO gone_sessions (id) VALUES ('00000000-0000-7000-8000-000000000000');";
    age(&stack, &format!("{tokens} {orphans}")).await;
    assert_eq!(
        clean_up(&stack).await,
        report(&[("orphaned_messages", 2_000), ("expired_tokens", 2_500)])
    );

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

#[tokio::test]
async fn a_dry_run_counts_what_the_next_run_removes() {
    let stack = TestStack::with().no_schedules().start().await;
    let ada = stack.guest().await;
    let (old, deleted) = (
        ada.open_session("old").await,
        ada.open_session("deleted").await,
    );
    let live = ada.open_session("live").await;
    for (session, id) in [
        (&old, "a"),
        (&deleted, "b"),
        (&deleted, "c"),
        (&live, "d"),
        (&live, "e"),
    ] {
        say(&ada, session, id).await;
    }
    ada.rest.delete_session(&deleted).await.ok();
    age(
        &stack,
        "UPDATE sessions SET expires_at = now() WHERE title = 'old'; \
         UPDATE messages m SET created_at = now() - interval '91 days' FROM sessions s \
         WHERE s.id = m.session_id AND s.title = 'live' AND m.seq = 1; \
         UPDATE sessions SET retained_from = now() - interval '91 days' WHERE title = 'live'; \
         INSERT INTO attempts (key, times, expires_at) VALUES ('x', '{}', now()); \
         INSERT INTO tickets (id, expires_at) VALUES (gen_random_uuid(), now()); \
         INSERT INTO invites (id, session_id, role, digest, expires_at, used_by) \
         SELECT gen_random_uuid(), s.id, 'member', digest, now(), CASE digest WHEN 'used' THEN m.user_id END \
         FROM sessions s JOIN members m ON m.session_id = s.id, (VALUES ('open'::bytea), ('used')) secret (digest) \
         WHERE s.title = 'live'",
    )
    .await;
    let found = report(&[
        ("expired_sessions", 1),
        ("orphaned_messages", 3),
        ("retired_messages", 1),
        ("expired_invites", 2),
        ("expired_tickets", 1),
        ("expired_attempts", 1),
    ]);
    for _ in 0..2 {
        let dry = invoke(&stack, json!({"dry_run": true})).await;
        assert_eq!(dry["dry_run"], true);
        assert_eq!(counts(dry), found, "nothing was removed");
    }
    assert_eq!(clean_up(&stack).await, found);
    assert_eq!(
        counts(invoke(&stack, json!({"dry_run": true})).await),
        report(&[])
    );
}

#[tokio::test]
async fn a_slice_that_ends_too_early_is_gone_on_with_and_one_that_does_not_is_not() {
    let stack = TestStack::with()
        .parameter("CleanupSlice", "2300ms")
        .no_schedules()
        .start()
        .await;
    let go_on = || invoke(&stack, json!({"go_on": true}));
    assert_eq!(go_on().await["batches"], 0, "nothing has begun");
    let orphans = "INSERT INTO messages \
         (session_id, seq, change, id, user_id, role, idempotency_key, body_digest, content, created_at) \
         SELECT md5((n / 50)::text)::uuid, n, n, gen_random_uuid(), gen_random_uuid(), \
                'owner', n::text, '', 'hi', now() FROM generate_series(1, 20000) n; \
         INSERT INTO gone_sessions (id) SELECT DISTINCT session_id FROM messages;";
    age(&stack, orphans).await;
    let first = invoke(&stack, json!({})).await;
    assert_eq!(first["complete"], false, "{first}");
    let mut removed = first["orphaned_messages"].as_u64().unwrap();
    assert!(removed < 20_000, "{first}");
    // A slice takes fifty at the least.
    for _ in 0..400 {
        let slice = go_on().await;
        removed += slice["orphaned_messages"].as_u64().unwrap();
        if slice["complete"] == true {
            break;
        }
    }
    assert_eq!(removed, 20_000);
    assert_eq!(count(&stack, "messages").await, 0);
    assert_eq!(count(&stack, "gone_sessions").await, 0);
    assert_eq!(go_on().await["batches"], 0, "nothing is left");
    stack.run_schedule("CleanupFunctionGoOn");
}

/// Between the choice of a session and its removal a send may want it: it waits, and finds that the session is gone.
#[tokio::test]
async fn a_send_that_comes_too_late_leaves_nothing_in_a_session_that_goes() {
    let stack = TestStack::with().no_schedules().start().await;
    let ada = stack.guest().await;
    let session = ada.open_session("going").await;
    say(&ada, &session, "a").await;
    age(
        &stack,
        "CREATE FUNCTION stall() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN PERFORM pg_advisory_xact_lock(7); RETURN OLD; END $$; \
         CREATE TRIGGER stall BEFORE DELETE ON sessions FOR EACH ROW EXECUTE FUNCTION stall(); \
         UPDATE sessions SET expires_at = now() + interval '100 milliseconds'",
    )
    .await;
    let stall = stack.database().await;
    stall
        .batch_execute("SELECT pg_advisory_lock(7), pg_sleep(0.15)")
        .await
        .unwrap();
    let waiting = async |on: &str| {
        let sql = format!("pg_stat_activity WHERE wait_event = '{on}' AND state = 'active'");
        eventually(1, async || count(&stack, &sql).await).await;
    };
    let sweeping = invoke(&stack, json!({}));
    let sending = async {
        waiting("advisory").await;
        let late = async {
            let client = stack.database().await;
            let id = session.split('.').next().unwrap();
            let sql = format!(
                "SELECT outcome FROM message_send('{id}', '{}', 'late', gen_random_uuid(), 'x', '{{}}', '1 day')",
                ada.id
            );
            client.query_typed(&sql, &[]).await.unwrap()[0].get::<_, String>(0)
        };
        let release = async {
            waiting("transactionid").await;
            stall
                .batch_execute("SELECT pg_advisory_unlock(7)")
                .await
                .unwrap();
        };
        tokio::join!(late, release).0
    };
    let (swept, outcome) = tokio::join!(sweeping, sending);
    assert_eq!(outcome, "not_a_member");
    assert_eq!(
        counts(swept),
        report(&[("expired_sessions", 1), ("orphaned_messages", 1)])
    );
    assert_eq!(count(&stack, "messages").await, 0);
}

/// A send that came just in time has revived the session: cleanup, which was about to take it, leaves all of it.
#[tokio::test]
async fn a_session_that_is_revived_while_cleanup_looks_at_it_stays_whole() {
    let stack = TestStack::with().no_schedules().start().await;
    let ada = stack.guest().await;
    let session = ada.open_session("reviving").await;
    say(&ada, &session, "a").await;
    let reviver = stack.database().await;
    let id = session.split('.').next().unwrap();
    let soon = "UPDATE sessions SET expires_at = now() + interval '1 second'";
    // In time, and not committed before the session's end has passed.
    let revive = format!(
        "BEGIN; SELECT message_send('{id}', '{}', 'b', gen_random_uuid(), 'in time', '{{}}', '30 days'); SELECT pg_sleep(1.1)",
        ada.id
    );
    for statements in [soon, &revive] {
        reviver.batch_execute(statements).await.unwrap();
    }
    assert_eq!(clean_up(&stack).await, report(&[]), "it is in use");
    reviver.batch_execute("COMMIT").await.unwrap();
    assert_eq!(clean_up(&stack).await, report(&[]));
    assert_eq!(seqs(&ada, &session).await, [1, 2]);
}
