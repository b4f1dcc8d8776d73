//! How often the functions speak to PostgreSQL and to Redis. Counted, so that noise cannot hide a change.

use std::collections::BTreeMap;

use redis::aio::MultiplexedConnection;
use tokio_postgres::SimpleQueryMessage;

use crate::{keys, stack::TestStack};

/// What was said to the databases.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Statements, by their text with `$1` for every value. One that calls a function counts once.
    pub statements: BTreeMap<String, u64>,
    /// Looks for what Redis was not told of. Each environment has one in three seconds, whatever it is asked, so they are not among
    /// the statements.
    pub looks: u64,
    /// Rows that all statements gave or changed.
    pub rows: u64,
    /// Commands, in lower case. Those that a script calls count as well.
    pub commands: BTreeMap<String, u64>,
    /// How often Redis read from a client: a command alone, a pipeline and a script with all of its commands are one each. On a
    /// cluster a pipeline is one for each hash slot that it names, all at the same time.
    pub redis_reads: u64,
    /// Of how many nodes that Redis is.
    pub redis_nodes: usize,
}

impl Counts {
    /// All statements together.
    pub fn statement_calls(&self) -> u64 {
        self.statements.values().sum()
    }

    async fn add(&mut self, node: &mut MultiplexedConnection) {
        // The first answer counts its own question; the commands are our own two besides.
        let stats = fields(&info::<String>(node, &["INFO", "stats"]).await);
        let commands = fields(&info::<String>(node, &["INFO", "commandstats"]).await);
        let reads = stats
            .get("total_reads_processed")
            .and_then(|reads| reads.parse::<u64>().ok());
        self.redis_reads += reads.expect("Redis counts its reads").saturating_sub(1);
        for (command, count) in calls(&commands) {
            *self.commands.entry(command).or_default() += count;
        }
    }
}

impl TestStack {
    /// What the functions say to the databases during `work`. Let them connect first: a new connection says more.
    pub async fn counting<T>(&self, work: impl Future<Output = T>) -> (T, Counts) {
        let database = self.database().await;
        let mut nodes = Vec::new();
        for node in self.redis().nodes() {
            let mut node = keys::node(&node.url()).await;
            info::<()>(&mut node, &["CONFIG", "RESETSTAT"]).await;
            nodes.push(node);
        }
        database
            .simple_query("select pg_stat_statements_reset()")
            .await
            .expect("pg_stat_statements is loaded");
        let done = work.await;
        let (mut statements, rows) = statements(&database).await;
        let looks = statements.extract_if(.., |text, _| text.contains("FROM unannounced WHERE"));
        let looks = looks.map(|(_, calls)| calls).sum();
        let mut counts = Counts {
            statements,
            looks,
            rows,
            redis_nodes: nodes.len(),
            ..Counts::default()
        };
        for node in &mut nodes {
            counts.add(node).await;
        }
        (done, counts)
    }
}

/// Calls by statement, and the rows of all.
async fn statements(database: &tokio_postgres::Client) -> (BTreeMap<String, u64>, u64) {
    let rows = database
        .simple_query("select query, calls, rows from pg_stat_statements where query not like '%pg_stat_statements%'")
        .await
        .expect("pg_stat_statements is loaded");
    let mut counted = (BTreeMap::new(), 0);
    for message in &rows {
        if let SimpleQueryMessage::Row(row) = message {
            let number = |place| row.get(place).and_then(|text| text.parse::<u64>().ok());
            let query = row.get(0).unwrap_or_default().to_owned();
            *counted.0.entry(query).or_default() += number(1).unwrap_or_default();
            counted.1 += number(2).unwrap_or_default();
        }
    }
    counted
}

async fn info<T: redis::FromRedisValue>(keys: &mut MultiplexedConnection, command: &[&str]) -> T {
    let mut question = redis::cmd(command[0]);
    question.arg(&command[1..]);
    question.query_async(keys).await.expect("Redis runs")
}

/// `name:value`, a line each.
fn fields(info: &str) -> BTreeMap<String, String> {
    let pairs = info.lines().filter_map(|line| line.split_once(':'));
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// From `cmdstat_get` → `calls=2,usec=…`, without the questions of this module.
fn calls(commandstats: &BTreeMap<String, String>) -> BTreeMap<String, u64> {
    let ours = ["info", "config|resetstat"];
    let counted = commandstats.iter().filter_map(|(name, value)| {
        let name = name.strip_prefix("cmdstat_")?.to_owned();
        let calls = value
            .strip_prefix("calls=")?
            .split(',')
            .next()?
            .parse()
            .ok()?;
        Some((name, calls))
    });
    counted
        .filter(|(name, _)| !ours.contains(&name.as_str()))
        .collect()
}
