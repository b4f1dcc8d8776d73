//! The Redis that holds the history. Only read: SCAN, TYPE, LLEN and LRANGE.

use anyhow::{Context, Result};
use redis::{AsyncCommands, aio::MultiplexedConnection};

use crate::{
    cli::{Order, Pattern},
    entry::Entry,
};

/// Keys that one SCAN looks at, and entries that one LRANGE gives: neither holds a Redis up that others use.
const SCAN_KEYS: usize = 500;
pub(crate) const PIECE: usize = 500;

pub(crate) struct Source {
    connection: MultiplexedConnection,
}

/// A list, and in which direction it is read.
pub(crate) struct List {
    pub(crate) key: String,
    pub(crate) length: u64,
    newest_first: bool,
}

impl Source {
    pub(crate) async fn open(url: &str) -> Result<Self> {
        let client = redis::Client::open(url).context("--from is not an address of a Redis")?;
        let connection = client
            .get_multiplexed_async_connection()
            .await
            .context("connecting to the Redis of --from")?;
        Ok(Self { connection })
    }

    /// Some of the keys, and where to go on; 0 is both the start and the end. A key may come twice.
    pub(crate) async fn keys(
        &mut self,
        cursor: u64,
        pattern: &Pattern,
    ) -> Result<(u64, Vec<Vec<u8>>)> {
        redis::cmd("SCAN")
            .arg(cursor)
            .arg("MATCH")
            .arg(pattern.glob())
            .arg("COUNT")
            .arg(SCAN_KEYS)
            .query_async(&mut self.connection)
            .await
            .context("scanning the keys")
    }

    /// What kind of value a key has; `none` if it is gone.
    pub(crate) async fn kind(&mut self, key: &str) -> Result<String> {
        redis::cmd("TYPE")
            .arg(key)
            .query_async(&mut self.connection)
            .await
            .context("asking for the type of a key")
    }

    pub(crate) async fn list(&mut self, key: &str, order: Order) -> Result<List> {
        let length: u64 = self
            .connection
            .llen(key)
            .await
            .context("measuring a list")?;
        let newest_first = match order {
            Order::OldestFirst => false,
            Order::NewestFirst => true,
            Order::Auto => self.time(key, 0).await? > self.time(key, -1).await?,
        };
        Ok(List {
            key: key.to_owned(),
            length,
            newest_first,
        })
    }

    async fn time(
        &mut self,
        key: &str,
        index: isize,
    ) -> Result<Option<chrono::DateTime<chrono::Utc>>> {
        let raw: Option<Vec<u8>> = self
            .connection
            .lindex(key, index)
            .await
            .context("reading a list")?;
        Ok(raw
            .and_then(|raw| Entry::parse(&raw, 0).ok())
            .map(|entry| entry.created_at))
    }

    /// The entries from the `from`th oldest on, each with its place in the list.
    pub(crate) async fn piece(&mut self, list: &List, from: u64) -> Result<Vec<(u64, Vec<u8>)>> {
        let to = (from + PIECE as u64).min(list.length);
        let (first, last) = match list.newest_first {
            false => (from, to - 1),
            true => (list.length - to, list.length - from - 1),
        };
        let entries: Vec<Vec<u8>> = self
            .connection
            .lrange(&list.key, first as isize, last as isize)
            .await
            .context("reading a list")?;
        let mut entries: Vec<_> = (first..).zip(entries).collect();
        if list.newest_first {
            entries.reverse();
        }
        Ok(entries)
    }
}
