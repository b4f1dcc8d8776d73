//! Makes a cluster of nodes that know nothing of each other.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::{super::ServiceError, RedisNode};

/// How many hash slots a cluster has, by its specification.
const SLOTS: usize = 16_384;

/// How long the nodes have to agree; they wait two seconds after a start by themselves.
const READY: Duration = Duration::from_secs(30);

/// Between two looks.
const LOOK: Duration = Duration::from_millis(20);

/// Spreads the slots, introduces the nodes to each other, and waits until all of them agree.
pub(super) async fn form(nodes: &[RedisNode]) -> Result<(), ServiceError> {
    let Some(first) = nodes.first() else {
        return Ok(());
    };
    for (place, node) in nodes.iter().enumerate() {
        let (from, to) = (
            SLOTS * place / nodes.len(),
            SLOTS * (place + 1) / nodes.len() - 1,
        );
        node.order(&format!("CLUSTER ADDSLOTSRANGE {from} {to}"))
            .await?;
        // Without one of its own, nodes that meet would have to settle whose is whose.
        node.order(&format!("CLUSTER SET-CONFIG-EPOCH {}", place + 1))
            .await?;
    }
    for node in &nodes[1..] {
        let address = node.address();
        let meet = format!("CLUSTER MEET {} {}", address.ip(), address.port());
        first.order(&meet).await?;
    }
    wait(nodes).await
}

/// Waits until every node knows every other one, as one that announces a port, and answers for all slots.
pub(super) async fn wait(nodes: &[RedisNode]) -> Result<(), ServiceError> {
    let deadline = Instant::now() + READY;
    for node in nodes {
        while !agrees(node, nodes).await {
            if Instant::now() > deadline {
                return Err(node.silent(READY));
            }
            sleep(LOOK).await;
        }
    }
    Ok(())
}

async fn agrees(node: &RedisNode, nodes: &[RedisNode]) -> bool {
    let info = node.ask("CLUSTER INFO").await.unwrap_or_default();
    let known = node.ask("CLUSTER NODES").await.unwrap_or_default();
    let announced = |node: &RedisNode| known.contains(&format!("127.0.0.1:{}@", node.announced()));
    info.contains("cluster_state:ok")
        && info.contains(&format!("cluster_slots_ok:{SLOTS}"))
        && nodes.iter().all(announced)
}
