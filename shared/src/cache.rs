//! The way to Redis: what is recent, who is connected, what is limited. All of it may vanish at any moment.

use std::time::Duration;

use redis::{
    Client, FromRedisValue, Pipeline, RedisError,
    aio::{ConnectionManager, ConnectionManagerConfig},
};

use crate::{
    code::{Code, Coded},
    config::{Config, ConfigError},
};

/// A Redis that takes longer than this is treated as away: everything that it does can be done without, only slower.
const PATIENCE: Duration = Duration::from_millis(500);

/// A connection that restores itself; cheap to clone. Nothing is opened before the first call.
#[derive(Clone)]
pub struct Cache {
    connection: ConnectionManager,
}

/// Redis is away, too slow, or refused a command.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// No answer in time.
    #[error("Redis did not answer within {PATIENCE:?}")]
    TimedOut,
    /// Redis or the way to it failed.
    #[error("Redis failed")]
    Failed(#[from] RedisError),
}

impl Coded for CacheError {
    fn code(&self) -> Code {
        Code::Unavailable
    }
}

impl Cache {
    /// A connection to `REDIS_URL`.
    pub fn new(config: &Config) -> Result<Self, ConfigError> {
        let invalid = ConfigError::Invalid {
            name: "REDIS_URL",
            expected: "a redis:// or rediss:// address",
        };
        let client = Client::open(config.redis_url.expose()).map_err(|_| invalid.clone())?;
        // One quick try per call: a caller would rather go on without Redis than wait for it.
        let settings = ConnectionManagerConfig::new()
            .set_number_of_retries(1)
            .set_max_delay(Duration::from_millis(50))
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE));
        let connection =
            ConnectionManager::new_lazy_with_config(client, settings).map_err(|_| invalid)?;
        Ok(Self { connection })
    }

    /// Sends a pipeline in one round trip. A connection that died between two invocations is noticed by its first use only, so that
    /// one gets a second try: a pipeline may run twice. What that costs at worst is a ticket or one count against a limit.
    pub async fn run<T: FromRedisValue>(&self, pipeline: &Pipeline) -> Result<T, CacheError> {
        let twice = async {
            match pipeline.query_async(&mut self.connection.clone()).await {
                Err(error) if error.is_io_error() || error.is_connection_dropped() => {
                    pipeline.query_async(&mut self.connection.clone()).await
                }
                answer => answer,
            }
        };
        Ok(tokio::time::timeout(PATIENCE, twice)
            .await
            .map_err(|_| CacheError::TimedOut)??)
    }
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cache").finish_non_exhaustive()
    }
}

/// Adds a script to a pipeline. The whole text goes, not its digest: a Redis that lost its scripts would refuse the digest in the
/// middle of the pipeline, and a script is smaller than the messages beside it.
pub(crate) fn script(pipeline: &mut Pipeline, text: &str, keys: &[&str]) {
    pipeline.cmd("EVAL").arg(text).arg(keys.len()).arg(keys);
}
