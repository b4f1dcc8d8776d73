//! A single Redis.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use redis::{
    Client, FromRedisValue, IntoConnectionInfo, Pipeline, RedisResult,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use tokio::time::timeout;

use super::{CacheError, PATIENCE, tcp};

#[derive(Clone)]
pub(super) struct Node(Arc<Shared>);

/// What all that use it share.
struct Shared {
    client: Client,
    connection: RwLock<Current>,
}

/// A connection is given so long to open and to answer once: where Redis is slow and not gone, the second call has its answer.
const TRIAL: Duration = PATIENCE.saturating_mul(2);

/// The connection in use.
#[derive(Clone)]
struct Current {
    manager: ConnectionManager,
    since: Instant,
}

impl Current {
    fn new(client: &Client) -> RedisResult<Self> {
        Ok(Self {
            manager: manager(client)?,
            since: Instant::now(),
        })
    }
}

impl Node {
    pub(super) fn new(url: String) -> RedisResult<Self> {
        let address = url.into_connection_info()?;
        let client = Client::open(address.set_tcp_settings(tcp::settings()))?;
        let connection = RwLock::new(Current::new(&client)?);
        Ok(Self(Arc::new(Shared { client, connection })))
    }

    /// A connection that died between two invocations is noticed by its first use only, so that one gets a second try.
    pub(super) async fn run<T: FromRedisValue>(
        &self,
        pipeline: &Pipeline,
    ) -> Result<T, CacheError> {
        let current = self.current();
        let answer = async {
            match pipeline.query_async(&mut current.manager.clone()).await {
                Err(error) if error.is_io_error() || error.is_connection_dropped() => {
                    pipeline.query_async(&mut current.manager.clone()).await
                }
                answer => answer,
            }
        };
        match timeout(PATIENCE, answer).await {
            Ok(answer) => Ok(answer?),
            Err(_) => {
                self.leave(current.since);
                Err(CacheError::TimedOut)
            }
        }
    }

    fn current(&self) -> Current {
        let current = self.0.connection.read();
        current.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Has the next call open another connection. One whose other end is gone without a word, as after a failover, looks like a slow one:
    /// the client would wait on it until TCP gives up, which is minutes.
    fn leave(&self, since: Instant) {
        let mut current = self
            .0
            .connection
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        // Of many that gave up on one connection the first leaves it.
        if current.since == since
            && since.elapsed() > TRIAL
            && let Ok(next) = Current::new(&self.0.client)
        {
            *current = next;
        }
    }
}

/// One quick try per call: a caller would rather go on without Redis than wait for it. How long an answer may take is measured here,
/// once for both tries.
fn manager(client: &Client) -> RedisResult<ConnectionManager> {
    let settings = ConnectionManagerConfig::new()
        .set_number_of_retries(1)
        .set_max_delay(Duration::from_millis(50))
        .set_connection_timeout(Some(PATIENCE))
        .set_response_timeout(None);
    ConnectionManager::new_lazy_with_config(client.clone(), settings)
}
