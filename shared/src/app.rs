//! What a function holds between invocations. Nothing is opened before it is needed, so that a cold start is short.

use std::sync::Arc;

use crate::{
    cache::Cache,
    config::{Config, ConfigError},
    connection::MissedPings,
    database::Database,
    limit::Buckets,
    message::SendQueue,
    push::Pusher,
    session::recent::Lookout,
    token::KeyRing,
};

/// Shared by all invocations of an environment.
#[derive(Debug)]
pub struct App {
    /// What the environment was told.
    pub config: Config,
    /// The way to PostgreSQL.
    pub database: Database,
    /// Where sends wait for each other; none where an environment has one invocation at a time.
    pub sends: Option<SendQueue>,
    /// The way to Redis.
    pub cache: Cache,
    /// The way to other sockets.
    pub push: Pusher,
    /// What stands behind the limits while Redis is away.
    pub buckets: Buckets,
    /// When to look for what Redis was not told of.
    pub lookout: Lookout,
    /// What Redis was not told of sockets.
    pub missed_pings: MissedPings,
    /// Signs session ids.
    pub session_keys: KeyRing,
    /// Signs access tokens and tickets.
    pub token_keys: KeyRing,
}

impl App {
    /// Makes what a configuration asks for, within an executor; an error names the variable that is wrong.
    pub fn new(config: Config) -> Result<Arc<Self>, ConfigError> {
        let cache = Cache::new(&config)?;
        let database = Database::new(&config)?;
        Ok(Arc::new(Self {
            sends: (config.concurrency > 1).then(|| SendQueue::new(&config, database.clone())),
            database,
            buckets: Buckets::default(),
            lookout: Lookout::default(),
            missed_pings: MissedPings::default(),
            push: Pusher::new(&config, cache.clone())?,
            session_keys: KeyRing::parse("SESSION_KEYS", &config.session_keys)?,
            token_keys: KeyRing::parse("TOKEN_KEYS", &config.token_keys)?,
            cache,
            config,
        }))
    }
}
