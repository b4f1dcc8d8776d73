//! Which page of a browser a request comes from.

use std::net::IpAddr;

use axum::{
    extract::Request,
    http::{
        HeaderMap, StatusCode,
        header::{HOST, ORIGIN},
    },
    middleware::Next,
    response::Response,
};

use super::reply;

/// A layer for what no page of somebody else's, open in the same browser, may do to a stack.
pub(crate) async fn same_origin(request: Request, next: Next) -> Response {
    match foreign(request.headers()) {
        Some(origin) => {
            let refusal = format!("a page of {origin} may not do this");
            reply::message(StatusCode::FORBIDDEN, &refusal)
        }
        None => next.run(request).await,
    }
}

/// The origin of a page that is not this stack's own. SDKs and command lines name none, and a browser does with everything that
/// changes something.
///
/// The own one has a name that only ever means this machine: a page can have any other name lead here for a while.
pub(super) fn foreign(headers: &HeaderMap) -> Option<String> {
    let origin = headers.get(ORIGIN)?;
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let own = host.is_some_and(|host| {
        is_loopback(host) && origin.as_bytes() == format!("http://{host}").as_bytes()
    });
    (!own).then(|| String::from_utf8_lossy(origin.as_bytes()).into_owned())
}

/// Whether a host, with or without its port, is this machine by its name or by its address.
fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost"
        || name.ends_with(".localhost")
        || address
            .parse()
            .is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_foreign(host: Option<&'static str>, origin: Option<&'static str>) -> bool {
        let named = [(HOST, host), (ORIGIN, origin)].into_iter();
        let named = named.filter_map(|(name, value)| Some((name, value?.parse().unwrap())));
        foreign(&named.collect()).is_some()
    }

    #[test]
    fn a_page_of_the_stack_and_whoever_is_no_page_may_do_everything() {
        for host in [
            "localhost:3000",
            "localhost",
            "chat.localhost:3000",
            "127.0.0.1:3000",
            "127.8.0.1",
            "[::1]:3000",
        ] {
            let own = format!("http://{host}").leak();
            assert!(!is_foreign(Some(host), Some(own)), "{host}");
        }
        for host in [Some("host.docker.internal:3000"), Some("x"), None] {
            assert!(!is_foreign(host, None), "{host:?}");
        }
    }

    #[test]
    fn a_page_of_another_origin_is_foreign_even_where_its_name_leads_here() {
        for (host, origin) in [
            (Some("localhost:3000"), "http://elsewhere.example"),
            (Some("localhost:3000"), "http://localhost:3001"),
            (Some("localhost:3000"), "https://localhost:3000"),
            (Some("localhost:3000"), "null"),
            (
                Some("elsewhere.example:3000"),
                "http://elsewhere.example:3000",
            ),
            (Some("notlocalhost:3000"), "http://notlocalhost:3000"),
            (Some("192.0.2.1:3000"), "http://192.0.2.1:3000"),
            (None, "null"),
        ] {
            assert!(is_foreign(host, Some(origin)), "{host:?} {origin}");
        }
    }
}
