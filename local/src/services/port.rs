//! Ports that stay free while a server is down.

use std::net::{Ipv4Addr, TcpListener};

use rand::RngExt;

use super::ServiceError;

/// Below the range that Linux hands out by itself (32768–60999), so that no outgoing connection takes the port of a
/// server that a test has stopped for a while; and below 55535, the highest that Redis can use in cluster mode.
const RANGE: std::ops::Range<u16> = 20_000..32_768;

/// A port of 127.0.0.1 on which nobody listens now. Somebody may a moment later: the caller tries again then.
pub(super) fn free() -> Result<u16, ServiceError> {
    let mut random = rand::rng();
    (0..1_000)
        .map(|_| random.random_range(RANGE))
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .ok_or(ServiceError::NoPort)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_free_port_can_be_bound() {
        let port = free().unwrap();
        assert!(RANGE.contains(&port));
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
    }
}
