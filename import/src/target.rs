//! Gatepost's PostgreSQL: sessions, members and messages as the functions write them, many at a time.

use std::{str::FromStr, time::Duration};

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use tokio_postgres::{
    Client, Config, NoTls, Row,
    config::SslMode,
    types::{ToSql, Type},
};
use tokio_postgres_rustls::MakeRustlsConnect;
use uuid::Uuid;

pub(crate) struct Target {
    client: Client,
    /// How long a session lives after its import, as after a message; an interval as text.
    lifetime: String,
}

/// What is known of a session whose row is locked until [`Target::commit`].
#[derive(Debug)]
pub(crate) struct Locked {
    /// Whether it was deleted, or has expired, and cleanup has not been there yet.
    pub(crate) is_gone: bool,
    /// Whether somebody has written to it beside the import.
    pub(crate) in_use: bool,
    pub(crate) change: i64,
    pub(crate) changed_at: DateTime<Utc>,
    /// Idempotency keys of entries that are there, or that retention has taken.
    pub(crate) keys: Vec<String>,
}

/// A message with its place in its session.
#[derive(Debug)]
pub(crate) struct Placed {
    pub(crate) seq: i64,
    pub(crate) user: Uuid,
    pub(crate) role: &'static str,
    pub(crate) key: String,
    pub(crate) content: String,
    pub(crate) metadata: String,
    pub(crate) created_at: DateTime<Utc>,
}

impl Target {
    pub(crate) async fn open(url: &str, lifetime: Duration) -> Result<Self> {
        let config =
            Config::from_str(url).context("--database-url is not an address of a PostgreSQL")?;
        let connecting = "connecting to --database-url";
        // The connection ends with the client, which is told of its errors.
        let client = if config.get_ssl_mode() == SslMode::Require {
            let (tls, _unreadable) = MakeRustlsConnect::with_native_certs()
                .ok()
                .context("the system has no root certificates for sslmode=require")?;
            let (client, connection) = config.connect(tls).await.context(connecting)?;
            tokio::spawn(connection);
            client
        } else {
            let (client, connection) = config.connect(NoTls).await.context(connecting)?;
            tokio::spawn(connection);
            client
        };
        let lifetime = format!("{} seconds", lifetime.as_secs());
        Ok(Self { client, lifetime })
    }

    async fn query(&self, sql: &str, params: &[(&(dyn ToSql + Sync), Type)]) -> Result<Vec<Row>> {
        self.client
            .query_typed(sql, params)
            .await
            .context("a statement failed")
    }

    /// Those of some users who do not exist.
    pub(crate) async fn missing(&self, users: &[Uuid]) -> Result<Vec<Uuid>> {
        let sql = "SELECT u FROM unnest($1) u WHERE NOT EXISTS (SELECT FROM users WHERE id = u)";
        let rows = self.query(sql, &[(&users, Type::UUID_ARRAY)]).await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    /// Begins a transaction with the session's lock; none if the session is not there and never was, as far as is known.
    pub(crate) async fn lock(&self, session: Uuid) -> Result<Option<Locked>> {
        self.client
            .batch_execute("BEGIN")
            .await
            .context("beginning a transaction")?;
        let rows = self
            .query(include_str!("sql/lock.sql"), &[(&session, Type::UUID)])
            .await?;
        Ok(rows.first().map(|row| Locked {
            is_gone: row.get("is_gone"),
            in_use: row.get("in_use"),
            change: row.get("change"),
            changed_at: row.get("changed_at"),
            keys: row.get("keys"),
        }))
    }

    /// Makes a session, empty and as old as its first message. Nobody sees it before the commit.
    pub(crate) async fn create(&self, session: Uuid, at: DateTime<Utc>) -> Result<()> {
        let params: [(&(dyn ToSql + Sync), Type); 3] = [
            (&session, Type::UUID),
            (&at, Type::TIMESTAMPTZ),
            (&self.lifetime, Type::TEXT),
        ];
        self.query(include_str!("sql/create.sql"), &params)
            .await
            .map(drop)
    }

    /// Adds the messages, their authors as users and members, and moves the session on.
    pub(crate) async fn add(&self, session: Uuid, messages: &[Placed]) -> Result<()> {
        let column = |of: fn(&Placed) -> &str| messages.iter().map(of).collect::<Vec<_>>();
        let seqs: Vec<i64> = messages.iter().map(|message| message.seq).collect();
        let ids: Vec<Uuid> = messages.iter().map(|_| Uuid::now_v7()).collect();
        let users: Vec<Uuid> = messages.iter().map(|message| message.user).collect();
        let times: Vec<DateTime<Utc>> = messages.iter().map(|message| message.created_at).collect();
        let params: [(&(dyn ToSql + Sync), Type); 10] = [
            (&session, Type::UUID),
            (&self.lifetime, Type::TEXT),
            (&seqs, Type::INT8_ARRAY),
            (&ids, Type::UUID_ARRAY),
            (&users, Type::UUID_ARRAY),
            (&column(|message| message.role), Type::TEXT_ARRAY),
            (&column(|message| &message.key), Type::TEXT_ARRAY),
            (&column(|message| &message.content), Type::TEXT_ARRAY),
            (&column(|message| &message.metadata), Type::TEXT_ARRAY),
            (&times, Type::TIMESTAMPTZ_ARRAY),
        ];
        self.query(
            include_str!("sql/people.sql"),
            &[
                (&session, Type::UUID),
                (&users, Type::UUID_ARRAY),
                (&column(|message| message.role), Type::TEXT_ARRAY),
            ],
        )
        .await?;
        self.query(include_str!("sql/add.sql"), &params)
            .await
            .map(drop)
    }

    pub(crate) async fn commit(&self) -> Result<()> {
        self.client
            .batch_execute("COMMIT")
            .await
            .context("committing")
    }

    pub(crate) async fn roll_back(&self) -> Result<()> {
        self.client
            .batch_execute("ROLLBACK")
            .await
            .context("rolling back")
    }
}
