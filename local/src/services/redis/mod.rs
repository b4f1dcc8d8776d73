//! Redis, or Valkey, without persistence, for one stack.

mod cluster;
mod node;

use std::{net::SocketAddr, path::PathBuf};

pub use self::node::RedisNode;
use super::{
    Place, ServiceError,
    install::{Package, install, private_folder},
    program,
};

/// How many nodes a Redis has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RedisKind {
    /// One, as most have it.
    #[default]
    Single,
    /// A cluster of three masters, among which the keys are spread by hash slot. Takes two seconds to form.
    Cluster,
}

/// A running Redis: one node, or a cluster.
#[derive(Debug)]
pub struct Redis {
    nodes: Vec<RedisNode>,
    kind: RedisKind,
    url: String,
}

impl Redis {
    /// Finds a server or installs one, and starts it on a free port; a cluster on three.
    pub async fn start(place: &Place, kind: RedisKind) -> Result<Self, ServiceError> {
        let program = find(place).await?;
        let names: &[&str] = match kind {
            RedisKind::Single => &["redis"],
            RedisKind::Cluster => &["redis-1", "redis-2", "redis-3"],
        };
        let mut nodes = Vec::new();
        for name in names {
            nodes.push(RedisNode::start(&program, place.folder(name)?, kind).await?);
        }
        let addresses: Vec<SocketAddr> = nodes.iter().map(RedisNode::address).collect();
        let url = url(kind, &addresses);
        Ok(Self { nodes, kind, url })
    }

    /// Makes its nodes a cluster, whose clients find each node at the address given for it; a single node has nothing to do.
    pub(crate) async fn form(&self, announced: &[SocketAddr]) -> Result<(), ServiceError> {
        if self.kind == RedisKind::Single {
            return Ok(());
        }
        for (node, address) in self.nodes.iter().zip(announced) {
            node.announce(address.port()).await?;
        }
        cluster::form(&self.nodes).await
    }

    /// Such as `redis://127.0.0.1:23456`, or `redis+cluster://127.0.0.1:23456?addr=127.0.0.1:23457&addr=127.0.0.1:23458`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The same with other addresses of its nodes.
    pub(crate) fn url_through(&self, addresses: &[SocketAddr]) -> String {
        url(self.kind, addresses)
    }

    /// One, or those of the cluster.
    pub fn nodes(&self) -> &[RedisNode] {
        &self.nodes
    }

    /// Ends it in good order; its keys are gone.
    pub async fn stop(&self) -> Result<(), ServiceError> {
        for node in &self.nodes {
            node.stop().await?;
        }
        Ok(())
    }

    /// Ends it as a power failure would.
    pub async fn kill(&self) -> Result<(), ServiceError> {
        for node in &self.nodes {
            node.kill().await?;
        }
        Ok(())
    }

    /// Starts it on the same ports, empty, when it does not run.
    pub async fn start_again(&self) -> Result<(), ServiceError> {
        for node in &self.nodes {
            node.start_again().await?;
        }
        match self.kind {
            RedisKind::Single => Ok(()),
            RedisKind::Cluster => cluster::wait(&self.nodes).await,
        }
    }
}

/// Clients of a cluster need to know that it is one; `addr` names further nodes, as in go-redis.
fn url(kind: RedisKind, nodes: &[SocketAddr]) -> String {
    let first = nodes.first().map(SocketAddr::to_string).unwrap_or_default();
    match kind {
        RedisKind::Single => format!("redis://{first}"),
        RedisKind::Cluster => {
            let further: Vec<String> = nodes
                .iter()
                .skip(1)
                .map(|node| format!("addr={node}"))
                .collect();
            format!("redis+cluster://{first}?{}", further.join("&"))
        }
    }
}

async fn find(place: &Place) -> Result<PathBuf, ServiceError> {
    let private = private_folder(&place.root);
    if let Some(program) = program::redis(&private) {
        return Ok(program);
    }
    let installed = install(Package::Redis, place.install, &place.root, &place.progress).await;
    program::redis(&private).ok_or_else(|| Package::Redis.missing(installed.err()))
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpStream;

    use super::*;
    use crate::services::place::throwaway;

    #[tokio::test]
    async fn it_stops_and_starts_again_on_the_same_port() {
        let place = throwaway().await;
        let redis = Redis::start(&place, RedisKind::Single).await.unwrap();
        let address = redis.url().strip_prefix("redis://").unwrap().to_owned();
        TcpStream::connect(&address).await.unwrap();
        redis.stop().await.unwrap();
        TcpStream::connect(&address).await.unwrap_err();
        redis.start_again().await.unwrap();
        TcpStream::connect(&address).await.unwrap();
        redis.kill().await.unwrap();
        TcpStream::connect(&address).await.unwrap_err();
    }

    #[tokio::test]
    async fn dropping_it_ends_it() {
        let place = throwaway().await;
        let redis = Redis::start(&place, RedisKind::Single).await.unwrap();
        let address = redis.url().strip_prefix("redis://").unwrap().to_owned();
        drop(redis);
        TcpStream::connect(&address).await.unwrap_err();
    }

    #[tokio::test]
    async fn a_cluster_has_every_slot_and_its_nodes_send_clients_to_the_addresses_they_announce() {
        let place = throwaway().await;
        let redis = Redis::start(&place, RedisKind::Cluster).await.unwrap();
        let announced =
            [40_001, 40_002, 40_003].map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
        redis.form(&announced).await.unwrap();
        assert_eq!(redis.url().matches("addr=").count(), 2);
        let [first, second, _] = redis.nodes() else {
            panic!("three nodes");
        };
        // The last slot is the last node's.
        let moved = first.ask("GET hia").await.unwrap();
        assert!(moved.contains("MOVED 16383 127.0.0.1:40003"), "{moved}");
        second.kill().await.unwrap();
        second.start_again().await.unwrap();
        cluster::wait(redis.nodes()).await.unwrap();
        let moved = second.ask("GET hia").await.unwrap();
        assert!(moved.contains("MOVED 16383 127.0.0.1:40003"), "{moved}");
    }
}
