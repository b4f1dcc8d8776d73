//! Who sent a request, and the headers that a load balancer adds about them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::{
    extract::{ConnectInfo, Request},
    http::{HeaderMap, HeaderValue, header::USER_AGENT},
};

use super::{id::new_trace_id, platform::Platform};

/// The address at the other end of the TCP connection; the loopback address when the server was not told to record it.
pub(crate) fn source_ip(request: &Request) -> IpAddr {
    let info = request.extensions().get::<ConnectInfo<SocketAddr>>();
    info.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |ConnectInfo(address)| {
        address.ip().to_canonical()
    })
}

/// What the client calls itself.
pub(crate) fn user_agent(headers: &HeaderMap) -> Option<String> {
    headers.get(USER_AGENT).map(text)
}

/// A header's value as an event carries it.
pub(crate) fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

/// The headers that API Gateway adds to every request: name in lower case, value.
///
/// Port and protocol are the real ones of this machine, not 443 and https, so that an address built from them works.
pub(crate) fn added_headers(
    platform: &Platform,
    headers: &HeaderMap,
    source_ip: IpAddr,
) -> [(&'static str, String); 4] {
    let forwarded_for = match headers.get("x-forwarded-for") {
        Some(before) => format!("{}, {source_ip}", text(before)),
        None => source_ip.to_string(),
    };
    let trace_id = match headers.get("x-amzn-trace-id") {
        Some(given) => text(given),
        None => new_trace_id(platform.clock.now()),
    };
    [
        ("x-amzn-trace-id", trace_id),
        ("x-forwarded-for", forwarded_for),
        ("x-forwarded-port", platform.host_and_port().1.to_owned()),
        ("x-forwarded-proto", "http".to_owned()),
    ]
}
