//! Several drafts in one call of `message_send_together` become what as many calls of `message_send` would make of them.

use proptest::{collection::vec, prelude::*, sample::select, test_runner::TestRunner};
use tests::TestStack;
use tokio::runtime::Runtime;
use tokio_postgres::{Client, types::Type};
use uuid::Uuid;

/// Sessions 1 and 2, one that is over, and one that there is not. Ada owns them, Bob is a member of the first, and Carol is nobody.
/// In each something was said as `said`, and as `retired` what is gone since.
const SETUP: &str = "
    INSERT INTO users (id) SELECT pg_temp.uuid_of(n) FROM generate_series(11, 13) n;
    INSERT INTO sessions (id, expires_at, change, changed_at)
    SELECT pg_temp.uuid_of(n), now() + CASE n WHEN 3 THEN interval '-1 s' ELSE interval '1 day' END, 2, now() - interval '1 h'
    FROM generate_series(1, 3) n;
    INSERT INTO members (session_id, user_id, role) SELECT pg_temp.uuid_of(n), pg_temp.uuid_of(11), 'owner' FROM generate_series(1, 3) n;
    INSERT INTO members (session_id, user_id, role) VALUES (pg_temp.uuid_of(1), pg_temp.uuid_of(12), 'member');
    INSERT INTO messages (session_id, seq, change, id, user_id, role, idempotency_key, body_digest, content, created_at)
    SELECT pg_temp.uuid_of(n), 1, 1, pg_temp.uuid_of(20 + n), pg_temp.uuid_of(11), 'owner', 'said', pg_temp.digest_of('a'), 'a', now()
    FROM generate_series(1, 3) n;
    INSERT INTO retired_messages (session_id, user_id, idempotency_key, id, seq, body_digest, created_at)
    SELECT pg_temp.uuid_of(n), pg_temp.uuid_of(11), 'retired', pg_temp.uuid_of(30 + n), 2, pg_temp.digest_of('a'), now()
    FROM generate_series(1, 3) n";
const NAMES: &str = "
    CREATE FUNCTION pg_temp.uuid_of(n bigint) RETURNS uuid LANGUAGE sql AS
        $$ SELECT ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid $$;
    CREATE FUNCTION pg_temp.digest_of(content text) RETURNS bytea LANGUAGE sql AS
        $$ SELECT sha256(convert_to(content || chr(1) || '{}', 'UTF8')) $$";

/// What was answered, as far as it counts.
const ANSWERED: &str = "
    SELECT place::text || ' ' || (sent).outcome || CASE WHEN (sent).outcome IN ('stored', 'duplicate') THEN
        concat_ws(' ', '', (sent).id, (sent).seq, (sent).change, (sent).role, (sent).epoch, (sent).audience) ELSE '' END";
/// What is stored then, and whether the times of a session's messages follow each other up to that of its newest change.
/// An end is told from the transaction's start: two runs begin at two moments.
const STATE: &str = "
    SELECT concat_ws(' ', m.session_id, m.seq, m.change, m.id, m.user_id, m.role, m.idempotency_key, m.body_digest, m.content, m.metadata)
    FROM messages m
    UNION ALL
    SELECT concat_ws(' ', s.id, s.change, s.expires_at - now(),
        CASE WHEN s.change > 2 THEN s.changed_at = (SELECT max(m.created_at) FROM messages m WHERE m.session_id = s.id) END,
        (SELECT bool_and(m.created_at > e.created_at) FROM messages m JOIN messages e ON e.session_id = m.session_id AND e.seq = m.seq - 1
         WHERE m.session_id = s.id AND e.seq > 2))
    FROM sessions s ORDER BY 1";

#[derive(Debug, Clone)]
struct Draft {
    session: u64,
    user: u64,
    key: String,
    content: &'static str,
}

fn uuid(n: u64) -> Uuid {
    Uuid::parse_str(&format!("00000000-0000-4000-8000-{n:012}")).unwrap()
}

fn draft() -> impl Strategy<Value = Draft> {
    let keys = vec!["said", "retired", "k1", "k2", "k3", "k4", "k5", "k6"];
    let sessions = vec![1_u64, 1, 1, 2, 2, 3, 4];
    let users = vec![11_u64, 11, 11, 12, 13];
    (
        select(sessions),
        select(users),
        select(keys),
        select(vec!["a", "b"]),
    )
        .prop_map(|(session, user, key, content)| Draft {
            session,
            user,
            key: key.to_owned(),
            content,
        })
}

/// Drafts of which no two have the same key: of those one call knows nothing.
fn drafts() -> impl Strategy<Value = Vec<Draft>> {
    vec(draft(), 1..16).prop_map(|mut drafts| {
        let whole = |draft: &Draft| (draft.session, draft.user, draft.key.clone());
        drafts.sort_by_key(whole);
        drafts.dedup_by_key(|draft| whole(draft));
        // So that sessions take turns.
        drafts.sort_by_key(|draft| (draft.key.clone(), draft.session));
        drafts
    })
}

/// What a statement answers to drafts, and what is stored then. It is taken back.
async fn outcome(database: &Client, statement: &str, drafts: &[Draft]) -> [Vec<String>; 2] {
    let column = |field: fn(&Draft) -> u64| -> Vec<Uuid> {
        drafts.iter().map(|draft| uuid(field(draft))).collect()
    };
    let (sessions, users) = (column(|draft| draft.session), column(|draft| draft.user));
    let keys: Vec<&str> = drafts.iter().map(|draft| &*draft.key).collect();
    let ids: Vec<Uuid> = (100..).take(drafts.len()).map(uuid).collect();
    let contents: Vec<&str> = drafts.iter().map(|draft| draft.content).collect();
    let params = [
        (&sessions as _, Type::UUID_ARRAY),
        (&users as _, Type::UUID_ARRAY),
        (&keys as _, Type::TEXT_ARRAY),
        (&ids as _, Type::UUID_ARRAY),
        (&contents as _, Type::TEXT_ARRAY),
    ];
    database.batch_execute("BEGIN").await.unwrap();
    database.batch_execute(SETUP).await.unwrap();
    let texts = |rows: Vec<tokio_postgres::Row>| -> Vec<String> {
        rows.iter().map(|row| row.get(0)).collect()
    };
    let answered = texts(database.query_typed(statement, &params).await.unwrap());
    let stored = texts(database.query_typed(STATE, &[]).await.unwrap());
    database.batch_execute("ROLLBACK").await.unwrap();
    [answered, stored]
}

#[test]
fn drafts_that_are_stored_together_become_what_each_would_have_become() {
    let runtime = Runtime::new().unwrap();
    let stack = runtime.block_on(TestStack::with().no_schedules().start());
    let database = runtime.block_on(async {
        let database = stack.database().await;
        database.batch_execute(NAMES).await.unwrap();
        database
    });
    // As a materialized list, for the columns of an answer would each be a call.
    let singly = format!(
        "WITH answer AS MATERIALIZED (
            SELECT d.place, message_send(d.session, d.sender, d.key, d.id, d.content, '{{}}', '2 days') AS sent
            FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::text[])
                WITH ORDINALITY AS d (session, sender, key, id, content, place)
            ORDER BY d.place
        ) {ANSWERED} FROM answer ORDER BY place"
    );
    let together = format!(
        "{ANSWERED} FROM message_send_together(
            $1, $2, $3, $4, $5, array_fill('{{}}'::jsonb, ARRAY[cardinality($1)]), '2 days'
        ) ORDER BY place"
    );
    let outcomes =
        |statement, drafts: &[Draft]| runtime.block_on(outcome(&database, statement, drafts));
    TestRunner::deterministic()
        .run(&drafts(), |drafts| {
            let [answered, stored] = outcomes(&together, &drafts);
            prop_assert_eq!(answered.len(), drafts.len());
            prop_assert_eq!([answered, stored], outcomes(&singly, &drafts));
            Ok(())
        })
        .unwrap();
}
