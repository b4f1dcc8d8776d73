//! HTTP APIs with payload format 2.0: a request becomes an invocation, its result a response.
//!
//! | module | is |
//! |---|---|
//! | [`route`] | which route a request takes |
//! | [`event`] | what its function receives |
//! | [`response`] | what its function's result says |
//! | [`authorizer`] | whether it may reach its function |
//! | [`cors`] | what browsers are told |
//! | [`error`] | why a request got no result |

mod authorizer;
mod cors;
mod error;
mod event;
mod response;
mod route;

use std::{borrow::Cow, sync::Arc};

use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue, Method, header::ORIGIN, request::Parts},
    response::Response,
};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use percent_encoding::percent_decode_str;
use tracing::warn;

use self::{
    authorizer::Verdicts,
    error::HttpError,
    event::Incoming,
    route::{Matched, Routes},
};
use super::{Unconfirmed, id::new_id, platform::Platform, throttle::RouteThrottle};
use crate::template::{self, HttpAuthorizer, HttpRoute};

/// On every response of an HTTP API.
const REQUEST_ID: HeaderName = HeaderName::from_static("apigw-requestid");

/// The HTTP APIs of a gateway.
#[derive(Debug)]
pub(super) struct HttpApis(Vec<Arc<HttpApi>>);

/// An HTTP API that serves.
#[derive(Debug)]
struct HttpApi {
    declared: template::HttpApi,
    routes: Routes,
    verdicts: Verdicts,
    throttle: RouteThrottle,
    platform: Arc<Platform>,
}

/// A request that no route takes.
#[derive(Debug)]
pub(super) struct Unmatched {
    pub(super) method: Method,
    origin: Option<HeaderValue>,
    /// Whose 404 it is.
    api: Option<Arc<HttpApi>>,
}

impl HttpApis {
    pub(super) fn new(declared: &[template::HttpApi], platform: &Arc<Platform>) -> Self {
        let api = |declared: &template::HttpApi| {
            let routes = Routes::new(&declared.routes);
            Arc::new(HttpApi {
                declared: declared.clone(),
                routes,
                verdicts: Verdicts::default(),
                throttle: RouteThrottle::new(
                    &declared.throttles,
                    declared.routes.iter().map(|route| &route.key),
                    platform.options.limits.throttles.as_ref(),
                ),
                platform: Arc::clone(platform),
            })
        };
        Self(declared.iter().map(api).collect())
    }

    /// The response to a request, or back what no route takes.
    pub(super) async fn answer(&self, request: Request) -> Result<Response, Unmatched> {
        let path = request.uri().path().to_owned();
        let candidates = || {
            self.0
                .iter()
                .filter_map(|api| Some((api, api.path_within(&path)?)))
        };
        // A named stage is more than the default one, as on AWS.
        let named = candidates().filter(|(api, _)| !api.is_default());
        let ordered = named.chain(candidates().filter(|(api, _)| api.is_default()));
        let mut owner = None;
        for (api, path) in ordered {
            let matched = api.routes.find(request.method(), path);
            if cors::is_preflight(request.method(), request.headers())
                && let Some(cors) = &api.declared.cors
                && !matched
                    .as_ref()
                    .is_some_and(|matched| api.catches_all(matched.route))
            {
                return Ok(tagged(cors::preflight(cors, request.headers()), &new_id()));
            }
            if let Some(matched) = matched {
                return Ok(api.serve(request, matched).await);
            }
            owner = owner.or(Some(api));
        }
        let origin = request.headers().get(ORIGIN).cloned();
        Err(Unmatched {
            method: request.method().clone(),
            origin,
            api: owner.cloned(),
        })
    }
}

impl HttpApi {
    fn is_default(&self) -> bool {
        self.declared.stage == "$default"
    }

    /// The path that routes see, if the request is for this API's stage.
    fn path_within<'p>(&self, path: &'p str) -> Option<&'p str> {
        if self.is_default() {
            return Some(path);
        }
        let (stage, _) = path
            .strip_prefix('/')?
            .split_once('/')
            .unwrap_or((&path[1..], ""));
        let rest = &path[1 + stage.len()..];
        let decoded: Cow<'_, str> = percent_decode_str(stage).decode_utf8_lossy();
        (decoded == self.declared.stage).then_some(if rest.is_empty() { "/" } else { rest })
    }

    async fn serve(&self, request: Request, matched: Matched<'_>) -> Response {
        let request_id = new_id();
        let origin = request.headers().get(ORIGIN).cloned();
        let route_key = matched.route.key.clone();
        let response = self
            .invoke(request, matched, &request_id)
            .await
            .unwrap_or_else(|error| {
                if error.is_fault() {
                    warn!(
                        api = self.declared.name,
                        "a request on route {route_key} failed: {error}"
                    );
                }
                error.response(&self.platform.options.unconfirmed)
            });
        self.finished(response, &request_id, origin.as_ref())
    }

    async fn invoke(
        &self,
        request: Request,
        matched: Matched<'_>,
        request_id: &str,
    ) -> Result<Response, HttpError> {
        let limits = &self.platform.options.limits;
        if !self.platform.throttle.allows_request() || !self.throttle.allows(&matched.route.key) {
            return Err(HttpError::Throttled);
        }
        let source_ip = super::peer::source_ip(&request);
        let (parts, body) = request.into_parts();
        if header_bytes(&parts) > limits.http_header_bytes {
            return Err(HttpError::HeadersTooLarge);
        }
        let body = Limited::new(body, limits.http_body_bytes)
            .collect()
            .await
            .map_err(|error| {
                if error.is::<LengthLimitError>() {
                    HttpError::BodyTooLarge
                } else {
                    HttpError::Unreadable
                }
            })?;
        let timeout = matched
            .route
            .integration_timeout
            .min(limits.http_integration);
        let function = matched.route.function.as_str();
        let incoming = Incoming {
            api: self,
            parts: &parts,
            body: &body.to_bytes(),
            source_ip,
            matched: &matched,
            request_id,
        };
        let authorizer = match self.authorizer(matched.route) {
            Some((name, authorizer)) => {
                Some(self.verdicts.authorize(name, authorizer, &incoming).await?)
            }
            None => None,
        };
        let event = incoming
            .event(authorizer.as_deref())
            .map_err(HttpError::Event)?;
        let result = self
            .platform
            .functions
            .call(function, event, timeout)
            .await?;
        response::read(result, self.platform.options.unconfirmed.unquotes_strings)
    }

    /// Whether a route takes even preflights, which have no credentials: AWS wants `OPTIONS /{proxy+}` beside such a one.
    fn catches_all(&self, route: &HttpRoute) -> bool {
        route.key == "$default" && self.authorizer(route).is_some()
    }

    /// The authorizer of a route, with its name.
    fn authorizer<'a>(&'a self, route: &'a HttpRoute) -> Option<(&'a str, &'a HttpAuthorizer)> {
        let name = route.authorizer.as_deref()?;
        Some((name, self.declared.authorizers.get(name)?))
    }

    /// With the headers that every response of the API has.
    fn finished(
        &self,
        mut response: Response,
        request_id: &str,
        origin: Option<&HeaderValue>,
    ) -> Response {
        if let Some(cors) = &self.declared.cors {
            cors::apply(cors, origin, response.headers_mut());
        }
        tagged(response, request_id)
    }
}

impl Unmatched {
    /// The 404 of the API that the request was for.
    pub(super) fn not_found(self) -> Response {
        let not_found = |unconfirmed| HttpError::NotFound.response(unconfirmed);
        match &self.api {
            Some(api) => {
                let response = not_found(&api.platform.options.unconfirmed);
                api.finished(response, &new_id(), self.origin.as_ref())
            }
            None => not_found(&Unconfirmed::default()),
        }
    }
}

/// What a function's result says as the response of an API with proxy integrations; none when it makes no sense.
pub(super) fn response_of(result: Bytes) -> Option<Response> {
    response::read(result, false).ok()
}

fn tagged(mut response: Response, request_id: &str) -> Response {
    if let Ok(id) = HeaderValue::from_str(request_id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// Request line and headers as they were on the wire, up to the spaces that nobody counts.
fn header_bytes(parts: &Parts) -> usize {
    let target = parts
        .uri
        .path_and_query()
        .map_or(1, |target| target.as_str().len());
    let line = parts.method.as_str().len() + target + " HTTP/1.1\r\n".len();
    line + parts
        .headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len())
        .sum::<usize>()
}
