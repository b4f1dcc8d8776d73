//! What `REDIS_URL` says.

/// Where Redis is, and of which kind.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Address {
    /// One node.
    Node(String),
    /// Nodes of a cluster that are asked for the others. One is enough as long as it runs; a managed cluster has one name for all.
    Cluster(Vec<String>),
}

impl Address {
    /// `redis://` and `rediss://` name a node, `redis+cluster://` and `rediss+cluster://` a cluster, of which `?addr=host:port`, once
    /// or more, names further nodes. User, password and TLS are the same for all of them.
    pub(super) fn parse(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let Some(of_nodes) = scheme.strip_suffix("+cluster") else {
            return Some(Self::Node(url.to_owned()));
        };
        let mut first = redis::parse_redis_url(&format!("{of_nodes}://{rest}"))?;
        let further: Vec<String> = first
            .query_pairs()
            .filter(|(name, _)| name == "addr")
            .map(|(_, address)| address.into_owned())
            .collect();
        first.set_query(None);
        let mut nodes = vec![first.to_string()];
        for address in further {
            let (host, port) = address.rsplit_once(':')?;
            let mut node = first.clone();
            node.set_host(Some(host)).ok()?;
            node.set_port(Some(port.parse().ok()?)).ok()?;
            nodes.push(node.to_string());
        }
        Some(Self::Cluster(nodes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_address_is_one_node() {
        let url = "rediss://:secret@cache.example:6380/0";
        assert_eq!(Address::parse(url), Some(Address::Node(url.to_owned())));
    }

    #[test]
    fn every_node_of_a_cluster_has_the_credentials_of_the_first() {
        let url =
            "rediss+cluster://me:s%40cret@a.example:6379?addr=b.example:6380&addr=127.0.0.1:7000";
        let nodes = [
            "rediss://me:s%40cret@a.example:6379",
            "rediss://me:s%40cret@b.example:6380",
            "rediss://me:s%40cret@127.0.0.1:7000",
        ];
        assert_eq!(
            Address::parse(url),
            Some(Address::Cluster(nodes.map(str::to_owned).to_vec()))
        );
    }

    #[test]
    fn what_is_no_address_is_none() {
        for url in [
            "cache.example:6379",
            "http+cluster://cache.example",
            "redis+cluster://cache.example?addr=no-port",
            "redis+cluster://cache.example?addr=b.example:70000",
        ] {
            assert_eq!(Address::parse(url), None, "{url}");
        }
    }
}
