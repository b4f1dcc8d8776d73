//! The least that any such chat pays: one statement that takes the next number under a row lock and inserts, and one round trip to
//! Redis, in a loop, without sockets and functions.

use std::{
    fmt,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use futures_util::future::try_join_all;
use redis::aio::MultiplexedConnection;
use serde::Serialize;
use tokio_postgres::{
    Client, NoTls, Statement,
    types::{ToSql, Type},
};
use uuid::Uuid;

use crate::{
    cli::Options,
    figures::{Figures, Times, median, median_figures},
    stack::Address,
};

const SCHEMA: &str = include_str!("floor/schema.sql");
const SEND: &str = include_str!("floor/send.sql");
/// Messages that the list in Redis keeps.
const KEPT: isize = 200;

/// As many clients as the load has messages on their way, each with connections of its own.
pub(crate) struct Floor {
    clients: Vec<FloorClient>,
    windows: Vec<FloorFigures>,
}

struct FloorClient {
    database: Client,
    /// Prepared, as whoever wants the least would have it.
    send: Statement,
    cache: MultiplexedConnection,
    session: Uuid,
    text: String,
}

/// What the floor achieves.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct FloorFigures {
    pub(crate) per_second: f64,
    pub(crate) ms: Figures,
}

impl fmt::Display for FloorFigures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.0} a second, {}", self.per_second, self.ms)
    }
}

impl Floor {
    /// Makes tables of its own beside those of the stack, and a session for each client, or one for all if the load has one.
    pub(crate) async fn open(options: &Options, address: &Address) -> Result<Self> {
        let database_url = address
            .database_url
            .as_deref()
            .context("the stack has no PostgreSQL")?;
        let redis_url = address
            .redis_url
            .as_deref()
            .context("the stack has no Redis")?;
        connect(database_url).await?.batch_execute(SCHEMA).await?;
        let shared = (options.session_count() == 1).then(Uuid::now_v7);
        let clients = (0..options.clients()).map(|_| async move {
            let database = connect(database_url).await?;
            let cache = redis::Client::open(redis_url)?
                .get_multiplexed_async_connection()
                .await?;
            let session = shared.unwrap_or_else(Uuid::now_v7);
            let new =
                "INSERT INTO load_floor.sessions VALUES ($1, 0, now()) ON CONFLICT DO NOTHING";
            database.query_typed(new, &[(&session, Type::UUID)]).await?;
            let send = prepare(&database).await?;
            anyhow::Ok(FloorClient {
                database,
                send,
                cache,
                session,
                text: "x".repeat(options.bytes),
            })
        });
        Ok(Self {
            clients: try_join_all(clients).await?,
            windows: Vec::new(),
        })
    }

    /// Loops for so long.
    pub(crate) async fn measure(&mut self, seconds: u64) -> Result<FloorFigures> {
        let began = Instant::now();
        let deadline = began + Duration::from_secs(seconds);
        let loops = self.clients.iter_mut().map(|client| async move {
            let mut times = Vec::new();
            while Instant::now() < deadline {
                let began = Instant::now();
                client.send().await?;
                times.push(began.elapsed());
            }
            anyhow::Ok(times)
        });
        let mut times = Times::default();
        try_join_all(loops)
            .await?
            .into_iter()
            .flatten()
            .for_each(|time| times.add(time));
        let ms = times.figures();
        let figures = FloorFigures {
            per_second: ms.count as f64 / began.elapsed().as_secs_f64(),
            ms,
        };
        self.windows.push(figures.clone());
        Ok(figures)
    }

    /// The median of its windows.
    pub(crate) fn median(&self) -> FloorFigures {
        let ms: Vec<Figures> = self.windows.iter().map(|window| window.ms).collect();
        FloorFigures {
            per_second: median(self.windows.iter().map(|window| window.per_second)),
            ms: median_figures(&ms),
        }
    }
}

impl FloorClient {
    async fn send(&mut self) -> Result<()> {
        self.insert().await?;
        let key = format!("load_floor:{}", self.session);
        let mut pipeline = redis::pipe();
        pipeline.rpush(&key, &self.text).ignore();
        pipeline.ltrim(&key, -KEPT, -1).ignore();
        pipeline.expire(&key, 3_600).ignore();
        Ok(pipeline.query_async(&mut self.cache).await?)
    }

    #[expect(clippy::disallowed_methods, reason = "the statement is prepared")]
    async fn insert(&self) -> Result<()> {
        let params: [&(dyn ToSql + Sync); 2] = [&self.session, &self.text];
        self.database.query(&self.send, &params).await?;
        Ok(())
    }
}

#[expect(clippy::disallowed_methods, reason = "no pooler is in the way")]
async fn prepare(database: &Client) -> Result<Statement> {
    let types = [Type::UUID, Type::TEXT];
    Ok(database.prepare_typed(SEND, &types).await?)
}

async fn connect(url: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls)
        .await
        .context("connecting to PostgreSQL")?;
    // It ends with the client, which is told of its errors.
    tokio::spawn(connection);
    Ok(client)
}
