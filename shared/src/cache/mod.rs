//! The way to Redis: what is recent, who is connected, what is limited. All of it may vanish at any moment.
//!
//! One node or a cluster, as the scheme of `REDIS_URL` says. Callers write one pipeline, whose keys may lie anywhere: a single node
//! gets it whole, and a cluster gets a part for each hash slot, all at the same time. Either way it costs the time of one round trip.

mod address;
mod cluster;
mod node;
mod script;
mod tcp;

use std::time::Duration;

use redis::{FromRedisValue, Pipeline, RedisError};
use tokio::time::timeout;

pub(crate) use self::script::Script;
use self::{
    address::Address,
    cluster::{Cluster, Missing},
    node::Node,
};
use crate::{
    code::{Code, Coded},
    config::{Config, ConfigError, Secret},
};

/// A Redis that takes longer than this is treated as away: everything that it does can be done without, only slower.
const PATIENCE: Duration = Duration::from_millis(500);

/// A connection that restores itself; cheap to clone. Nothing is opened before the first call.
#[derive(Clone)]
pub struct Cache {
    way: Way,
}

#[derive(Clone)]
enum Way {
    Node(Node),
    Cluster(Box<Cluster>),
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
        Self::at(&config.redis_url)
    }

    /// A connection to an address.
    pub fn at(url: &Secret) -> Result<Self, ConfigError> {
        let invalid = ConfigError::Invalid {
            name: "REDIS_URL",
            expected: "a redis://, rediss://, redis+cluster:// or rediss+cluster:// address",
        };
        let address = Address::parse(url.expose()).ok_or(invalid.clone())?;
        let way = match address {
            Address::Node(url) => Node::new(url).map(Way::Node),
            Address::Cluster(seeds) => {
                Cluster::new(seeds).map(|cluster| Way::Cluster(Box::new(cluster)))
            }
        };
        way.map(|way| Self { way }).map_err(|_| invalid)
    }

    /// Sends a pipeline in the time of one round trip. What failed on a connection that had died is sent once more, so a pipeline may
    /// run twice. What that costs at worst is a ticket or one count against a limit.
    pub async fn run<T: FromRedisValue>(&self, pipeline: &Pipeline) -> Result<T, CacheError> {
        self.send(pipeline, Missing::IsAnError).await
    }

    /// The same, but where some nodes of a cluster answer and others do not, what these were asked is answered with nil. For answers
    /// of which nil means "nothing known".
    pub async fn run_partly<T: FromRedisValue>(
        &self,
        pipeline: &Pipeline,
    ) -> Result<T, CacheError> {
        self.send(pipeline, Missing::IsNil).await
    }

    async fn send<T: FromRedisValue>(
        &self,
        pipeline: &Pipeline,
        missing: Missing,
    ) -> Result<T, CacheError> {
        match &self.way {
            Way::Node(node) => node.run(pipeline).await,
            Way::Cluster(cluster) => timeout(PATIENCE, cluster.run(pipeline, missing))
                .await
                .map_err(|_| CacheError::TimedOut)?
                .map_err(CacheError::from),
        }
    }
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cache").finish_non_exhaustive()
    }
}
