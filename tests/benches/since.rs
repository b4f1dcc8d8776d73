//! What a device that was away waits for: `since` over 1,000 messages of one session among 100,000 with 5 million.
//!
//! `cargo bench -p tests --bench since -- [SESSIONS] [MESSAGES]`. From Redis, which has the newest 200, and from PostgreSQL; in pages as
//! a client asks for them, and whole. Each figure is of the function's work and of the request through the gateway. Prints the plans of
//! the statement, and ends with 1 if one reads a whole table. The database is a throwaway one that does not wait for the disk.

mod filled;

use std::{
    error::Error,
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use shared::{
    App,
    config::Config,
    message::{Since, since},
    session::{Cursor, Visitor, recent},
};
use tests::{Conversation, TestStack};
use tokio_postgres::{Client, types::Type};
use uuid::Uuid;

/// What the device missed.
const MISSED: i64 = 1_000;
/// What the REST API gives at once at most.
const PAGE: usize = 500;
/// What the recent list has.
const RECENT: usize = recent::CAPACITY;
/// How often each is measured; the median counts.
const TIMES: usize = 51;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let (sessions, messages) = filled::arguments();
    let stack = TestStack::with().no_schedules().start().await;
    let database = stack.database().await;
    let began = Instant::now();
    filled::fill(&database, sessions, messages).await?;
    println!(
        "{sessions} sessions x {messages} messages loaded in {:.0?}",
        began.elapsed()
    );
    let Conversation { ada, session, .. } = stack.conversation().await;
    let (id, user) = (session_uuid(&session)?, ada.id.parse()?);
    say(&database, id, user).await?;
    let indexed = plans(&database, id, user).await?;

    let config = Config::read(stack.variables("RestSyncFunction", &[]))?;
    let uncached = App::new(Config {
        cache: false,
        ..config.clone()
    })?;
    let app = App::new(config)?;
    let reader = Reader {
        visitor: Visitor::verify(&app.session_keys, user, &session)?,
    };
    let newest = MISSED - RECENT as i64;
    for (what, app, after, page) in [
        ("the newest 200, from Redis", &app, newest, RECENT),
        ("the newest 200, from PostgreSQL", &uncached, newest, RECENT),
        ("all 1,000 in pages of 500, Redis at hand", &app, 0, PAGE),
        (
            "all 1,000 in pages of 500, PostgreSQL alone",
            &uncached,
            0,
            PAGE,
        ),
        (
            "all 1,000 at once, from PostgreSQL",
            &uncached,
            0,
            MISSED as usize,
        ),
    ] {
        let took = reader.median(app, after, page).await?;
        println!("{what:<46} {took:>10.2?}");
    }
    let mut times = Vec::new();
    for _ in 0..TIMES {
        let (began, mut after, mut complete) = (Instant::now(), 0, false);
        while !complete {
            let (after_text, limit) = (after.to_string(), PAGE.to_string());
            let cursor = [("after_change", &*after_text), ("limit", &*limit)];
            let page = ada.rest.since(&session, &cursor).await.ok();
            after = page["change"].as_i64().ok_or("a page has a change")?;
            complete = page["complete"] == true;
        }
        times.push(began.elapsed());
    }
    println!(
        "{:<46} {:>10.2?}",
        "all 1,000 over REST, in pages of 500",
        median(times)
    );
    stack.stop().await;
    Ok(ExitCode::from(u8::from(!indexed)))
}

/// The part of a signed id that names the session.
fn session_uuid(signed: &str) -> Result<Uuid> {
    let id = signed.split('.').next().unwrap_or_default();
    Ok(id.parse()?)
}

/// Puts the messages into the session as if they had been sent.
async fn say(database: &Client, session: Uuid, user: Uuid) -> Result<()> {
    let params = [
        (&session as _, Type::UUID),
        (&user as _, Type::UUID),
        (&MISSED as _, Type::INT8),
    ];
    let insert = "INSERT INTO messages (session_id, seq, change, id, user_id, role, idempotency_key, body_digest, content, created_at) \
                  SELECT $1, m, m, gen_random_uuid(), $2, 'owner', m::text, sha256(m::text::bytea), \
                         repeat('A message of some length. ', 4), now() - interval '1 hour' + m * interval '1 second' \
                  FROM generate_series(1, $3) m";
    database.query_typed(insert, &params).await?;
    let reach = "UPDATE sessions SET change = $2 WHERE id = $1";
    let params = [(&session as _, Type::UUID), (&MISSED as _, Type::INT8)];
    database.query_typed(reach, &params).await?;
    Ok(database.batch_execute("ANALYZE messages").await?)
}

/// Prints the plans of one page and of all at once; false if one reads a whole table of messages, sessions or members.
async fn plans(database: &Client, session: Uuid, user: Uuid) -> Result<bool> {
    let statement = include_str!("../../shared/src/message/sql/since.sql");
    let mut indexed = true;
    for limit in [PAGE as i64 + 1, MISSED + 1] {
        let none = (None::<chrono::DateTime<chrono::Utc>>, None::<Uuid>);
        let params = [
            (&session as _, Type::UUID),
            (&user as _, Type::UUID),
            (&0_i64 as _, Type::INT8),
            (&none.0 as _, Type::TIMESTAMPTZ),
            (&none.1 as _, Type::UUID),
            (&limit as _, Type::INT8),
        ];
        let explain = format!("EXPLAIN (ANALYZE, BUFFERS) {statement}");
        println!("\nat most {limit}:");
        for row in database.query_typed(&explain, &params).await? {
            let line: &str = row.get(0);
            println!("{line}");
            indexed &= !["messages", "sessions", "members"]
                .iter()
                .any(|table| line.contains(&format!("Seq Scan on {table} ")));
        }
    }
    println!(
        "\nindex scans alone: {}",
        if indexed { "yes" } else { "no" }
    );
    Ok(indexed)
}

/// A device that was away.
struct Reader {
    visitor: Visitor,
}

impl Reader {
    /// How long it takes until it has everything.
    async fn median(&self, app: &Arc<App>, after: i64, page: usize) -> Result<Duration> {
        let mut times = Vec::new();
        for _ in 0..TIMES {
            let began = Instant::now();
            let (mut cursor, mut complete, mut count) = (Cursor::of_change(after), false, 0);
            while !complete {
                let got = since(app, &self.visitor, &Since::Cursor(cursor), page).await?;
                count += got.messages.len() as i64;
                (cursor, complete) = (got.cursor, got.complete);
            }
            times.push(began.elapsed());
            if count != MISSED - after {
                return Err(format!("{count} messages came of {}", MISSED - after).into());
            }
        }
        Ok(median(times))
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
