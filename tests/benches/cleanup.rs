//! What cleanup costs at size: half of 100,000 sessions with 50 messages each goes, while people write in the other half.
//!
//! `cargo bench -p tests --bench cleanup -- [SESSIONS] [MESSAGES]`. Prints each slice, and how long sends took without cleanup and
//! beside it. The database is a throwaway one that does not wait for the disk; with `DATABASE_URL` it is that one, which must be empty
//! and is left as it is afterwards.

mod filled;

use std::{
    env,
    error::Error,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tests::TestStack;
use tokio::{task::JoinSet, time::sleep_until};
use tokio_postgres::{Client, NoTls, types::Type};
use uuid::Uuid;

/// Connections that send, and the time between two sends of each.
const SENDERS: usize = 4;
const EVERY: Duration = Duration::from_millis(40);
/// How long sends are measured alone, before and after.
const ALONE: Duration = Duration::from_secs(20);
/// The longest slice that holds.
const SLICE: Duration = Duration::from_secs(60);

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let (sessions, messages) = filled::arguments();
    let mut stack = TestStack::with().no_schedules();
    if let Ok(url) = env::var("DATABASE_URL") {
        stack = stack.database_url(&url);
    }
    let stack = stack.start().await;
    let database = stack.database().await;
    if !database
        .query_typed("SELECT FROM sessions LIMIT 1", &[])
        .await?
        .is_empty()
    {
        return Err("DATABASE_URL names a database that is not empty".into());
    }
    let began = Instant::now();
    filled::fill(&database, sessions, messages).await?;
    println!(
        "{sessions} sessions x {messages} messages loaded in {:.0?}",
        began.elapsed()
    );
    let living = living(&database).await?;

    let before = Sending::start(&stack, &living).await?.for_a_while().await?;
    println!("sends alone, before    {before}");
    let sending = Sending::start(&stack, &living).await?;
    let holds = clean_up(&stack).await?;
    let beside = sending.stop().await?;
    println!("sends beside cleanup   {beside}");
    let after = Sending::start(&stack, &living).await?.for_a_while().await?;
    println!("sends alone, after     {after}");

    let alone = before.and(after);
    println!("sends alone, together  {alone}");
    let twice = beside.at(0.99) <= alone.at(0.99) * 2;
    println!("slices of at most {SLICE:?}: {}", verdict(holds));
    println!("p99 at most twice that of sends alone: {}", verdict(twice));
    println!(
        "load of the machine: {}",
        std::fs::read_to_string("/proc/loadavg")
            .unwrap_or_default()
            .trim()
    );
    Ok(ExitCode::from(u8::from(!(holds && twice))))
}

fn verdict(holds: bool) -> &'static str {
    if holds { "holds" } else { "does not hold" }
}

/// Slices until nothing is left; false if one took too long.
async fn clean_up(stack: &TestStack) -> Result<bool> {
    let mut holds = true;
    let mut event = json!({});
    loop {
        let began = Instant::now();
        let path = "/2015-03-31/functions/CleanupFunction/invocations";
        let report: Value = stack.rest().post(path, &event).await.ok();
        let took = began.elapsed();
        println!("slice of {took:.1?}: {report}");
        holds &= took <= SLICE;
        if report["complete"] == true {
            return Ok(holds);
        }
        event = json!({"go_on": true});
    }
}

/// Sessions that live, with somebody who may write in each.
async fn living(database: &Client) -> Result<Arc<Vec<(Uuid, Uuid)>>> {
    let sql = "SELECT m.session_id, m.user_id FROM members m JOIN sessions s ON s.id = m.session_id \
               WHERE m.role = 'owner' AND s.expires_at > now() ORDER BY random() LIMIT 20000";
    let rows = database.query_typed(sql, &[]).await?;
    Ok(Arc::new(
        rows.iter().map(|row| (row.get(0), row.get(1))).collect(),
    ))
}

/// People who write, at a steady pace.
struct Sending {
    senders: JoinSet<Result<Vec<Duration>>>,
    over: Arc<AtomicBool>,
}

impl Sending {
    async fn start(stack: &TestStack, living: &Arc<Vec<(Uuid, Uuid)>>) -> Result<Self> {
        let url = stack.stack().database_url().ok_or("there is no database")?;
        let over = Arc::new(AtomicBool::new(false));
        let mut senders = JoinSet::new();
        for first in 0..SENDERS {
            let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
            tokio::spawn(connection);
            senders.spawn(send(client, living.clone(), first, over.clone()));
        }
        Ok(Self { senders, over })
    }

    async fn for_a_while(self) -> Result<Latencies> {
        tokio::time::sleep(ALONE).await;
        self.stop().await
    }

    async fn stop(mut self) -> Result<Latencies> {
        self.over.store(true, Ordering::Relaxed);
        let mut all = Vec::new();
        while let Some(sender) = self.senders.join_next().await {
            all.extend(sender??);
        }
        all.sort();
        Ok(Latencies(all))
    }
}

/// Sends what the functions send. A send that has to wait for the one before counts from when it was due.
async fn send(
    client: Client,
    living: Arc<Vec<(Uuid, Uuid)>>,
    first: usize,
    over: Arc<AtomicBool>,
) -> Result<Vec<Duration>> {
    let sql = "SELECT outcome FROM message_send($1, $2, $3, $4, 'Do you have it in blue?', '{}', '30 days'::interval)";
    let mut latencies = Vec::new();
    let mut due = tokio::time::Instant::now() + EVERY * first as u32 / SENDERS as u32;
    for n in first.. {
        sleep_until(due).await;
        if over.load(Ordering::Relaxed) {
            break;
        }
        let (session, user) = living[n * SENDERS % living.len()];
        let id = Uuid::now_v7();
        let key = id.to_string();
        let params: [(&(dyn tokio_postgres::types::ToSql + Sync), Type); 4] = [
            (&session, Type::UUID),
            (&user, Type::UUID),
            (&key, Type::TEXT),
            (&id, Type::UUID),
        ];
        let rows = client.query_typed(sql, &params).await?;
        if rows[0].get::<_, &str>(0) != "stored" {
            return Err("a send was refused".into());
        }
        latencies.push(due.elapsed());
        due += EVERY;
    }
    Ok(latencies)
}

/// In their order.
struct Latencies(Vec<Duration>);

impl Latencies {
    fn at(&self, share: f64) -> Duration {
        self.0[((self.0.len() - 1) as f64 * share) as usize]
    }

    fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self.0.sort();
        self
    }
}

impl std::fmt::Display for Latencies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (count, p50, p99, max) = (self.0.len(), self.at(0.5), self.at(0.99), self.at(1.0));
        write!(
            f,
            "{count:>6} sends, p50 {p50:.1?}, p99 {p99:.1?}, longest {max:.1?}"
        )
    }
}
