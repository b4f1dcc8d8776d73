//! A client's request for a socket.

use axum::{extract::Request, http::HeaderMap};

use super::peer::Peer;
use crate::gateway::{
    id::new_id,
    multimap::MultiMap,
    peer::{added_headers, source_ip, text, user_agent},
    platform::Platform,
};

/// A client's request for a socket, as the authorizer and `$connect` see it.
#[derive(Debug)]
pub(crate) struct Opening {
    pub(crate) peer: Peer,
    /// What `$connect` gets: without `Connection` and `Upgrade`.
    pub(crate) headers: MultiMap,
    /// What the authorizer gets.
    pub(crate) all_headers: MultiMap,
    pub(crate) query: MultiMap,
}

impl Opening {
    pub(crate) fn new(request: &Request, platform: &Platform) -> Self {
        let source_ip = source_ip(request);
        let mut all_headers = as_sent(request.headers());
        for (name, value) in added_headers(platform, request.headers(), source_ip) {
            all_headers.set(as_usually_written(name), value);
        }
        let mut headers = all_headers.clone();
        headers.remove("Connection");
        headers.remove("Upgrade");
        all_headers.set("content-length", "0");
        Self {
            peer: Peer {
                connection_id: new_id(),
                connected_at: platform.clock.now(),
                source_ip: source_ip.to_string(),
                user_agent: user_agent(request.headers()),
            },
            headers,
            all_headers,
            query: MultiMap::from_query(request.uri().query().unwrap_or_default()),
        }
    }
}

fn as_sent(headers: &HeaderMap) -> MultiMap {
    headers
        .iter()
        .map(|(name, value)| (as_usually_written(name.as_str()), text(value)))
        .collect()
}

/// A header's name as clients write it in HTTP/1.1, such as `Sec-WebSocket-Key`.
///
/// API Gateway hands the client's own spelling on, but hyper keeps only the lower-case one (its
/// `preserve_header_case` is for proxies: a server cannot read the original). Browsers and WebSocket libraries spell
/// these names alike, so the usual spelling is the client's; one that differs does so on AWS too only in case, which
/// HTTP tells functions to ignore.
fn as_usually_written(name: &str) -> String {
    match name {
        "dnt" => return "DNT".to_owned(),
        "te" => return "TE".to_owned(),
        // Client hints are the one family that browsers send in lower case.
        hint if hint.starts_with("sec-ch-") => return hint.to_owned(),
        _ => {}
    }
    let words: Vec<String> = name.split('-').map(capitalised).collect();
    words.join("-")
}

fn capitalised(word: &str) -> String {
    if word == "websocket" {
        return "WebSocket".to_owned();
    }
    let mut characters = word.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_ascii_uppercase().to_string() + characters.as_str()
    })
}

#[cfg(test)]
mod tests {
    use super::as_usually_written;

    #[test]
    fn header_names_are_spelled_as_browsers_spell_them() {
        for name in [
            "Sec-WebSocket-Key",
            "User-Agent",
            "X-Amzn-Trace-Id",
            "Host",
            "DNT",
            "sec-ch-ua",
        ] {
            assert_eq!(as_usually_written(&name.to_ascii_lowercase()), name);
        }
    }
}
