//! Rules over the whole schema.

use tests::TestStack;

/// The rows of a question that should have none, as text.
async fn exceptions(stack: &TestStack, question: &str) -> Vec<String> {
    let rows = stack
        .database()
        .await
        .query_typed(question, &[])
        .await
        .unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn every_table_and_column_says_what_it_is_and_every_foreign_key_has_an_index() {
    let stack = TestStack::start().await;
    let uncommented = "
        WITH ours AS (
            SELECT oid, relname FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'refinery_schema_history'
        )
        SELECT relname::text FROM ours WHERE obj_description(oid, 'pg_class') IS NULL
        UNION ALL
        SELECT ours.relname || '.' || a.attname FROM ours JOIN pg_attribute a ON a.attrelid = ours.oid
        WHERE a.attnum > 0 AND NOT a.attisdropped AND col_description(ours.oid, a.attnum) IS NULL";
    assert_eq!(exceptions(&stack, uncommented).await, [""; 0]);

    // Without one, deleting a row reads the whole table that refers to it.
    let without_index = "
        SELECT k.conname::text FROM pg_constraint k
        WHERE k.contype = 'f' AND NOT EXISTS (
            SELECT FROM pg_index i WHERE i.indrelid = k.conrelid AND i.indkey[0] = k.conkey[1]
        )";
    assert_eq!(exceptions(&stack, without_index).await, [""; 0]);
}
