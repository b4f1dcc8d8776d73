//! The functions' Redis, as a test looks into it.

use std::time::Duration;

use local::services::Redis;
use redis::{
    AsyncConnectionConfig, Client, Cmd, Pipeline, RedisFuture, Value,
    aio::{ConnectionLike, MultiplexedConnection},
    cluster::ClusterClient,
    cluster_async::ClusterConnection,
};

/// How long Redis may take to connect or to answer. A busy machine needs more than the client's own half second.
const PATIENCE: Duration = Duration::from_secs(10);

/// A connection to one node or to a cluster.
#[derive(Clone)]
pub enum Keys {
    /// To one node.
    Node(MultiplexedConnection),
    /// To a cluster.
    Cluster(Box<ClusterConnection>),
}

impl Keys {
    /// Connects without the proxies that the functions go through.
    pub(crate) async fn connect(redis: &Redis) -> Self {
        let mut nodes: Vec<String> = redis.nodes().iter().map(|node| node.url()).collect();
        match nodes.len() {
            1 => Self::Node(node(&nodes.remove(0)).await),
            _ => {
                let client = ClusterClient::builder(nodes)
                    .connection_timeout(PATIENCE)
                    .response_timeout(PATIENCE)
                    .build()
                    .expect("the stack gives valid addresses");
                let connection = client.get_async_connection().await.expect("Redis runs");
                Self::Cluster(Box::new(connection))
            }
        }
    }
}

/// A connection to one node, also of a cluster.
pub(crate) async fn node(url: &str) -> MultiplexedConnection {
    let client = Client::open(url).expect("the stack gives a valid address");
    let patient = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(PATIENCE))
        .set_response_timeout(Some(PATIENCE));
    client
        .get_multiplexed_async_connection_with_config(&patient)
        .await
        .expect("Redis runs")
}

impl ConnectionLike for Keys {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::Node(connection) => connection.req_packed_command(cmd),
            Self::Cluster(connection) => connection.req_packed_command(cmd),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        cmd: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::Node(connection) => connection.req_packed_commands(cmd, offset, count),
            Self::Cluster(connection) => connection.req_packed_commands(cmd, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        0
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}
