//! What browsers are told about pages of other origins.

use axum::{
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
        header::{
            ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS,
            ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
            ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD,
            ORIGIN,
        },
    },
    response::Response,
};

use crate::{gateway::reply, template::Cors};

/// Every header that an API with CORS answers with in the place of its functions.
const ALL: [HeaderName; 6] = [
    ACCESS_CONTROL_ALLOW_CREDENTIALS,
    ACCESS_CONTROL_ALLOW_HEADERS,
    ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS,
    ACCESS_CONTROL_MAX_AGE,
];

/// Whether a browser asks what it may do.
pub(super) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS
        && headers.contains_key(ORIGIN)
        && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// The answer to a preflight, which needs no route.
pub(super) fn preflight(cors: &Cors, request: &HeaderMap) -> Response {
    let mut response = reply::empty(StatusCode::NO_CONTENT);
    let headers = response.headers_mut();
    if allow_origin(cors, request.get(ORIGIN), headers) {
        list(headers, ACCESS_CONTROL_ALLOW_METHODS, &cors.allow_methods);
        list(headers, ACCESS_CONTROL_ALLOW_HEADERS, &cors.allow_headers);
        if let Some(max_age) = cors.max_age {
            headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from(max_age.as_secs()));
        }
    }
    response
}

/// Puts the API's CORS headers in the place of the function's; none when the request names no origin.
pub(super) fn apply(cors: &Cors, origin: Option<&HeaderValue>, headers: &mut HeaderMap) {
    for name in ALL {
        headers.remove(name);
    }
    if allow_origin(cors, origin, headers) {
        list(headers, ACCESS_CONTROL_EXPOSE_HEADERS, &cors.expose_headers);
    }
}

fn allow_origin(cors: &Cors, origin: Option<&HeaderValue>, headers: &mut HeaderMap) -> bool {
    let Some(origin) = origin else { return false };
    let text = origin.to_str().unwrap_or_default();
    let allowed = if cors.allow_origins.iter().any(|pattern| pattern == "*") {
        HeaderValue::from_static("*")
    } else if cors
        .allow_origins
        .iter()
        .any(|pattern| covers(pattern, text))
    {
        origin.clone()
    } else {
        return false;
    };
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
    if cors.allow_credentials {
        headers.insert(
            ACCESS_CONTROL_ALLOW_CREDENTIALS,
            HeaderValue::from_static("true"),
        );
    }
    true
}

/// `https://*` and `http://*` cover their scheme, anything else is exact.
fn covers(pattern: &str, origin: &str) -> bool {
    match pattern {
        "https://*" | "http://*" => origin.starts_with(&pattern[..pattern.len() - 1]),
        exact => exact == origin,
    }
}

fn list(headers: &mut HeaderMap, name: HeaderName, values: &[String]) {
    if values.is_empty() {
        return;
    }
    if let Ok(value) = HeaderValue::try_from(values.join(",")) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn cors(origins: &[&str]) -> Cors {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Cors {
            allow_origins: texts(origins),
            allow_methods: texts(&["GET", "POST"]),
            allow_headers: texts(&["authorization", "content-type"]),
            expose_headers: texts(&["retry-after"]),
            allow_credentials: false,
            max_age: Some(Duration::from_secs(600)),
        }
    }

    fn written(headers: &HeaderMap) -> Vec<String> {
        let mut lines: Vec<String> = headers
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect();
        lines.sort();
        lines
    }

    fn request(origin: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(ORIGIN, HeaderValue::from_static(origin))])
    }

    #[test]
    fn a_preflight_lists_what_is_allowed() {
        let response = preflight(&cors(&["https://a.example"]), &request("https://a.example"));
        assert_eq!(response.status(), 204);
        assert_eq!(
            written(response.headers()),
            [
                "access-control-allow-headers: authorization,content-type",
                "access-control-allow-methods: GET,POST",
                "access-control-allow-origin: https://a.example",
                "access-control-max-age: 600",
            ]
        );
    }

    #[test]
    fn an_origin_that_is_not_allowed_gets_no_headers() {
        let response = preflight(&cors(&["https://a.example"]), &request("https://b.example"));
        assert_eq!(
            (response.status().as_u16(), response.headers().len()),
            (204, 0)
        );
    }

    #[test]
    fn the_headers_of_the_function_are_replaced() {
        let mut headers = HeaderMap::from_iter([
            (
                ACCESS_CONTROL_ALLOW_ORIGIN,
                HeaderValue::from_static("https://evil.example"),
            ),
            (
                ACCESS_CONTROL_ALLOW_METHODS,
                HeaderValue::from_static("DELETE"),
            ),
        ]);
        apply(
            &cors(&["*"]),
            Some(&HeaderValue::from_static("https://a.example")),
            &mut headers,
        );
        let expected = [
            "access-control-allow-origin: *",
            "access-control-expose-headers: retry-after",
        ];
        assert_eq!(written(&headers), expected);
        apply(&cors(&["*"]), None, &mut headers);
        assert!(
            headers.is_empty(),
            "a request without an origin is told nothing"
        );
    }

    #[test]
    fn a_scheme_covers_its_origins() {
        assert!(covers("https://*", "https://a.example"));
        assert!(!covers("https://*", "http://a.example"));
        assert!(covers("http://localhost:3000", "http://localhost:3000"));
        assert!(!covers("http://localhost:3000", "http://localhost:30000"));
    }
}
