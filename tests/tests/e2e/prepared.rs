//! Statements by name: kept where that is asked for, and no harm where a connection does not know one any more.

use shared::{
    config::Config,
    database::{Database, DatabaseError},
};
use tests::TestStack;
use tokio_postgres::types::Type;

/// How many statements a connection knows by name, this one among them.
const KNOWN: &str = "SELECT count(*) FROM pg_prepared_statements WHERE from_sql IS NOT NULL";

/// The way of `ws-message` to PostgreSQL, of one connection.
fn database(stack: &TestStack, prepared: &str) -> Database {
    let changes = [
        ("PREPARED_STATEMENTS", prepared),
        ("DATABASE_URL", stack.stack().database_url().unwrap()),
    ];
    let config = Config::read(stack.variables("WsMessageFunction", &changes));
    Database::new(&config.unwrap()).unwrap()
}

async fn number(database: &Database, sql: &str) -> Result<i64, DatabaseError> {
    Ok(database.query(sql, &[]).await?[0].get(0))
}

#[tokio::test]
async fn a_stack_asks_for_it_where_no_pooler_is_in_the_way_and_nobody_said_otherwise() {
    let stack = TestStack::with().no_schedules().start().await;
    let asked = |stack: &TestStack| {
        let variable = stack.variables("WsMessageFunction", &[]);
        variable("PREPARED_STATEMENTS").unwrap()
    };
    let expected = if stack.has_pooler() { "off" } else { "on" };
    assert_eq!(asked(&stack), expected);
    let other = TestStack::with()
        .variable("PREPARED_STATEMENTS", "off")
        .no_schedules()
        .start()
        .await;
    assert_eq!(asked(&other), "off");
}

#[tokio::test]
async fn a_connection_keeps_statements_where_it_is_asked_to() {
    let stack = TestStack::with().no_schedules().start().await;
    for (prepared, known) in [("on", 2), ("off", 0)] {
        let database = database(&stack, prepared);
        let doubled = "SELECT $1 * 2";
        for n in [1, 2, 3] {
            let rows = database.query(doubled, &[(&n, Type::INT8)]).await.unwrap();
            assert_eq!(rows[0].get::<_, i64>(0), 2 * n);
        }
        // The text stands for another statement with other types.
        let rows = database.query(doubled, &[(&2.5, Type::FLOAT8)]).await;
        assert_eq!(rows.unwrap()[0].get::<_, f64>(0), 5.0);
        let others = number(&database, KNOWN).await.unwrap() - i64::from(prepared == "on");
        assert_eq!(others, known, "{prepared}");
    }
}

#[tokio::test]
async fn a_statement_that_a_connection_has_forgotten_runs_by_its_text() {
    let stack = TestStack::with().no_schedules().start().await;
    let database = database(&stack, "on");
    for n in 0..4 {
        let next = "SELECT nextval('forgotten')";
        if n == 0 {
            let make = "CREATE SEQUENCE forgotten MINVALUE 0";
            database.query_once(make, &[]).await.unwrap();
        }
        // Once each time: what failed for its name did nothing.
        assert_eq!(number(&database, next).await.unwrap(), n);
        database.query_once("DEALLOCATE ALL", &[]).await.unwrap();
    }
}

#[tokio::test]
async fn a_statement_whose_answer_a_migration_has_changed_runs_all_the_same() {
    let stack = TestStack::with().no_schedules().start().await;
    let database = database(&stack, "on");
    let owner = stack.database().await;
    let answer = "SELECT * FROM answer()";
    let function =
        |of: &str| format!("CREATE FUNCTION answer() RETURNS {of} LANGUAGE sql AS 'SELECT 42'");
    owner.batch_execute(&function("bigint")).await.unwrap();
    assert_eq!(number(&database, answer).await.unwrap(), 42);
    owner.batch_execute("DROP FUNCTION answer()").await.unwrap();
    owner.batch_execute(&function("integer")).await.unwrap();
    for _ in 0..2 {
        let rows = database.query(answer, &[]).await.unwrap();
        assert_eq!(rows[0].get::<_, i32>(0), 42);
    }
    // What is wrong with the statement itself is told.
    owner.batch_execute("DROP FUNCTION answer()").await.unwrap();
    let error = database.query(answer, &[]).await.unwrap_err();
    assert!(matches!(error, DatabaseError::Statement(_)), "{error}");
}
