//! Which route of an HTTP API a request takes.

use std::collections::BTreeMap;

use axum::http::Method;
use percent_encoding::percent_decode_str;

use crate::template::HttpRoute;

/// The routes of an HTTP API, the most specific first.
#[derive(Debug)]
pub(super) struct Routes(Vec<Compiled>);

#[derive(Debug)]
struct Compiled {
    route: HttpRoute,
    /// None for `ANY`.
    method: Option<String>,
    /// None for `$default`.
    segments: Option<Vec<Segment>>,
}

/// A part of a route's path; the order is that of their priority.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    Static(String),
    /// `{id}`
    Variable(String),
    /// `{proxy+}`
    Greedy(String),
}

/// The route of a request.
#[derive(Debug)]
pub(super) struct Matched<'r> {
    pub(super) route: &'r HttpRoute,
    /// Percent-decoded.
    pub(super) path_parameters: BTreeMap<&'r str, String>,
}

impl Routes {
    pub(super) fn new(declared: &[HttpRoute]) -> Self {
        let mut routes: Vec<Compiled> = declared.iter().map(Compiled::new).collect();
        routes.sort_by_cached_key(Compiled::priority);
        Self(routes)
    }

    /// The most specific route of those that take the request.
    pub(super) fn find(&self, method: &Method, path: &str) -> Option<Matched<'_>> {
        let parts: Vec<&str> = path.strip_prefix('/').unwrap_or(path).split('/').collect();
        self.0.iter().find_map(|candidate| {
            if candidate
                .method
                .as_deref()
                .is_some_and(|wanted| wanted != method.as_str())
            {
                return None;
            }
            let path_parameters = match &candidate.segments {
                Some(segments) => parameters(segments, &parts)?,
                None => BTreeMap::new(),
            };
            Some(Matched {
                route: &candidate.route,
                path_parameters,
            })
        })
    }
}

impl Compiled {
    fn new(route: &HttpRoute) -> Self {
        let Some((method, path)) = route.key.split_once(' ') else {
            return Self {
                route: route.clone(),
                method: None,
                segments: None,
            };
        };
        let path = path.trim();
        let segments = path
            .strip_prefix('/')
            .unwrap_or(path)
            .split('/')
            .map(Segment::new)
            .collect();
        let method = Some(method.to_ascii_uppercase()).filter(|method| method != "ANY");
        Self {
            route: route.clone(),
            method,
            segments: Some(segments),
        }
    }

    /// Full matches, then greedy ones, then `$default`; of two paths the one that is static for longer; then a method
    /// before `ANY`.
    fn priority(&self) -> (u8, Vec<Segment>, bool) {
        let segments = self.segments.clone().unwrap_or_default();
        let greedy = segments
            .iter()
            .any(|segment| matches!(segment, Segment::Greedy(_)));
        let rank = if self.segments.is_none() {
            2
        } else {
            u8::from(greedy)
        };
        // Names do not count, or `ANY /{a}` would come before `GET /{b}`.
        let kinds = segments.into_iter().map(|segment| match segment {
            Segment::Static(_) => Segment::Static(String::new()),
            Segment::Variable(_) => Segment::Variable(String::new()),
            Segment::Greedy(_) => Segment::Greedy(String::new()),
        });
        (rank, kinds.collect(), self.method.is_none())
    }
}

impl Segment {
    fn new(text: &str) -> Self {
        let name = text
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'));
        match name.map(|name| name.strip_suffix('+').ok_or(name)) {
            None => Self::Static(decoded(text)),
            Some(Err(name)) => Self::Variable(name.to_owned()),
            Some(Ok(name)) => Self::Greedy(name.to_owned()),
        }
    }
}

/// The variables of a path that fits the segments.
fn parameters<'r>(segments: &'r [Segment], parts: &[&str]) -> Option<BTreeMap<&'r str, String>> {
    let mut found = BTreeMap::new();
    let mut parts = parts.iter();
    for segment in segments {
        match segment {
            Segment::Static(text) => {
                if decoded(parts.next()?) != *text {
                    return None;
                }
            }
            Segment::Variable(name) => {
                let value = parts.next().filter(|part| !part.is_empty())?;
                found.insert(name.as_str(), decoded(value));
            }
            Segment::Greedy(name) => {
                let rest = decoded(&parts.by_ref().copied().collect::<Vec<_>>().join("/"));
                if rest.is_empty() {
                    return None;
                }
                found.insert(name.as_str(), rest);
            }
        }
    }
    parts.next().is_none().then_some(found)
}

/// Percent-decoded.
pub(super) fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn routes(keys: &[&str]) -> Routes {
        let route = |key: &&str| HttpRoute {
            key: (*key).to_owned(),
            function: "F".to_owned(),
            integration_timeout: Duration::from_secs(30),
            authorizer: None,
        };
        Routes::new(&keys.iter().map(route).collect::<Vec<_>>())
    }

    /// The route key and the path parameters, as text.
    fn found(routes: &Routes, method: Method, path: &str) -> Option<String> {
        let matched = routes.find(&method, path)?;
        let parameters = matched
            .path_parameters
            .iter()
            .map(|(name, value)| format!(" {name}={value}"));
        Some(matched.route.key.clone() + &parameters.collect::<String>())
    }

    #[test]
    fn the_most_specific_route_wins() {
        let routes = routes(&[
            "$default",
            "ANY /{proxy+}",
            "GET /pets/{proxy+}",
            "GET /pets/dog/{id}",
            "ANY /pets/dog/1",
            "GET /pets/dog/1",
            "POST /pets",
        ]);
        for (method, path, expected) in [
            (Method::GET, "/pets/dog/1", "GET /pets/dog/1"),
            (Method::PUT, "/pets/dog/1", "ANY /pets/dog/1"),
            (Method::GET, "/pets/dog/2", "GET /pets/dog/{id} id=2"),
            (Method::GET, "/pets/cat/1", "GET /pets/{proxy+} proxy=cat/1"),
            (Method::POST, "/pets", "POST /pets"),
            (Method::GET, "/pets", "ANY /{proxy+} proxy=pets"),
            (
                Method::POST,
                "/other/path",
                "ANY /{proxy+} proxy=other/path",
            ),
            (Method::GET, "/", "$default"),
        ] {
            assert_eq!(
                found(&routes, method, path).as_deref(),
                Some(expected),
                "{path}"
            );
        }
    }

    #[test]
    fn a_static_segment_beats_a_variable_whatever_they_are_called() {
        let routes = routes(&[
            "ANY /{aaa}/messages",
            "GET /{zzz}/messages",
            "GET /since/messages",
        ]);
        assert_eq!(
            found(&routes, Method::GET, "/since/messages").as_deref(),
            Some("GET /since/messages")
        );
        assert_eq!(
            found(&routes, Method::GET, "/x/messages").as_deref(),
            Some("GET /{zzz}/messages zzz=x")
        );
        assert_eq!(
            found(&routes, Method::PUT, "/x/messages").as_deref(),
            Some("ANY /{aaa}/messages aaa=x")
        );
    }

    #[test]
    fn parameters_are_decoded_after_the_path_is_cut() {
        let routes = routes(&["GET /pets/{id}"]);
        assert_eq!(
            found(&routes, Method::GET, "/pets/a%2Fb%20c").as_deref(),
            Some("GET /pets/{id} id=a/b c")
        );
    }

    #[test]
    fn a_path_that_no_route_describes_finds_nothing() {
        let routes = routes(&["GET /pets/{id}", "GET /"]);
        for path in ["/pets", "/pets/", "/pets/1/2", "/x"] {
            assert_eq!(found(&routes, Method::GET, path), None, "{path}");
        }
        assert_eq!(found(&routes, Method::POST, "/pets/1"), None);
        assert_eq!(found(&routes, Method::GET, "/").as_deref(), Some("GET /"));
    }
}
