//! A single Redis.

use std::time::Duration;

use redis::{
    Client, FromRedisValue, Pipeline, RedisResult,
    aio::{ConnectionManager, ConnectionManagerConfig},
};

use super::PATIENCE;

#[derive(Clone)]
pub(super) struct Node(ConnectionManager);

impl Node {
    pub(super) fn new(url: String) -> RedisResult<Self> {
        // One quick try per call: a caller would rather go on without Redis than wait for it.
        let settings = ConnectionManagerConfig::new()
            .set_number_of_retries(1)
            .set_max_delay(Duration::from_millis(50))
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE));
        let client = Client::open(url)?;
        ConnectionManager::new_lazy_with_config(client, settings).map(Self)
    }

    /// A connection that died between two invocations is noticed by its first use only, so that one gets a second try.
    pub(super) async fn run<T: FromRedisValue>(&self, pipeline: &Pipeline) -> RedisResult<T> {
        match pipeline.query_async(&mut self.0.clone()).await {
            Err(error) if error.is_io_error() || error.is_connection_dropped() => {
                pipeline.query_async(&mut self.0.clone()).await
            }
            answer => answer,
        }
    }
}
