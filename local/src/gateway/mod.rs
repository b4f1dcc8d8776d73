//! API Gateway on one machine: WebSocket APIs, their `@connections` management API, and HTTP APIs, on one port.
//!
//! | module | is |
//! |---|---|
//! | `socket` | WebSocket APIs at `/{stage}` |
//! | `management` | `/{stage}/@connections/{id}` |
//! | `http` | HTTP APIs at `/` or `/{stage}/…` |
//! | `static_files` | a folder's files, where no route of an HTTP API answers |
//! | `functions` | the seam to whatever runs the functions |
//! | `limits`, `unconfirmed`, `options` | every quota and timer; what nobody knows of AWS; everything else that can be set |
//! | `throttle` | how many requests come through |
//! | `policy` | what authorizers allow |
//! | `origin` | which pages of a browser may do what only the stack's own may |
//! | `platform` | what every API shares |
//! | `clock`, `id`, `multimap`, `peer`, `reply` | times, ids, headers and queries, callers, error bodies |

mod clock;
mod functions;
mod http;
mod id;
mod limits;
mod management;
mod multimap;
mod options;
mod origin;
mod peer;
mod platform;
mod policy;
mod reply;
mod socket;
mod static_files;
#[cfg(test)]
mod tests;
mod throttle;
mod unconfirmed;

use std::{borrow::Cow, sync::Arc};

use axum::{
    Router,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use percent_encoding::percent_decode_str;
use tracing::warn;

pub(crate) use self::origin::same_origin;
use self::{
    functions::Functions,
    http::HttpApis,
    platform::Platform,
    socket::{Refusal, SocketApi, asks_for_socket},
    static_files::StaticFiles,
};
pub use self::{
    functions::Invoke,
    limits::{Limits, ThrottleLimits},
    options::GatewayOptions,
    unconfirmed::{PostedBytes, ThrottledMessage, Unconfirmed},
};
use crate::template::Template;

/// The APIs of a template, ready to serve; cheap to clone.
#[derive(Debug, Clone)]
pub struct Gateway {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    platform: Arc<Platform>,
    sockets: Vec<Arc<SocketApi>>,
    http: HttpApis,
    files: Option<StaticFiles>,
}

impl Gateway {
    /// Serves the APIs of `template` with the functions of `lambda`. Where two WebSocket APIs have a stage of the
    /// same name the first is served: they share one port, while AWS tells them apart by their host.
    pub fn new(template: &Template, lambda: impl Invoke, options: GatewayOptions) -> Self {
        let files = options.static_dir.clone().map(StaticFiles::new);
        let platform = Arc::new(Platform::new(Functions::new(lambda), options));
        let mut sockets: Vec<Arc<SocketApi>> = Vec::new();
        for declared in &template.websocket_apis {
            if sockets.iter().any(|api| api.stage() == declared.stage) {
                warn!(
                    api = declared.name,
                    "not served: another WebSocket API has the stage {}", declared.stage
                );
                continue;
            }
            sockets.push(Arc::new(SocketApi::new(
                declared.clone(),
                Arc::clone(&platform),
            )));
        }
        let http = HttpApis::new(&template.http_apis, &platform);
        Self {
            inner: Arc::new(Inner {
                platform,
                sockets,
                http,
                files,
            }),
        }
    }

    /// Everything that this gateway answers, as the fallback of a router; merge it with the other routes of the port.
    ///
    /// A [`Server`](crate::server::Server) serves it. Another one has to insert `ConnectInfo<SocketAddr>`, or every client is
    /// `127.0.0.1`, to enable upgrades, and to set `TCP_NODELAY`: an ack is one small write, and waiting for another costs
    /// 40 ms.
    pub fn routes(&self) -> Router {
        Router::new().fallback(answer).with_state(self.clone())
    }

    /// How many sockets are open, over all APIs.
    pub fn connection_count(&self) -> usize {
        self.inner
            .sockets
            .iter()
            .map(|api| api.registry.len())
            .sum()
    }

    /// Closes every socket with 1001 and waits for their `$disconnect`, at most [`Limits::shutdown`]. A socket that
    /// opens afterwards is closed at once.
    pub async fn close(&self) {
        let platform = &self.inner.platform;
        platform.closing.cancel();
        platform.tasks.close();
        if tokio::time::timeout(platform.options.limits.shutdown, platform.tasks.wait())
            .await
            .is_err()
        {
            warn!(
                "stopped with {} sockets or $disconnect calls unfinished",
                platform.tasks.len()
            );
        }
    }
}

/// What a path says to the WebSocket APIs.
#[derive(Debug, PartialEq, Eq)]
enum SocketPath<'p> {
    /// `/{stage}`
    Stage(Cow<'p, str>),
    /// `/{stage}/@connections/{id}`; without the id when the path does not have this form to its end.
    Connections(Cow<'p, str>, Option<Cow<'p, str>>),
    /// Anything else.
    Other,
}

impl<'p> SocketPath<'p> {
    /// SDKs send `@` and `%3D`; other clients also encode the `@`.
    fn parse(path: &'p str) -> Self {
        let decode = |part: &'p str| percent_decode_str(part).decode_utf8_lossy();
        let mut parts = path.strip_prefix('/').unwrap_or(path).split('/');
        let stage = parts.next().map(decode).unwrap_or_default();
        match (
            parts.next().map(decode).as_deref(),
            parts.next(),
            parts.next(),
        ) {
            (None | Some(""), None, None) => Self::Stage(stage),
            (Some("@connections"), Some(id), None) => {
                Self::Connections(stage, Some(decode(id)).filter(|id| !id.is_empty()))
            }
            (Some("@connections"), _, _) => Self::Connections(stage, None),
            _ => Self::Other,
        }
    }
}

async fn answer(State(gateway): State<Gateway>, request: Request) -> Response {
    let api_of = |stage: &str| {
        gateway
            .inner
            .sockets
            .iter()
            .find(|api| api.stage() == stage)
            .cloned()
    };
    let path = request.uri().path().to_owned();
    match SocketPath::parse(&path) {
        SocketPath::Connections(stage, id) => {
            return management::handle(api_of(&stage), id.as_deref(), request).await;
        }
        SocketPath::Stage(stage) => {
            if let Some(api) = api_of(&stage) {
                return socket::open(api, request).await;
            }
        }
        SocketPath::Other => {}
    }
    if asks_for_socket(&request) {
        return Refusal::Forbidden.into_response();
    }
    let inner = &gateway.inner;
    match inner.http.answer(request).await {
        Ok(response) => response,
        Err(unmatched) => {
            let file = match &inner.files {
                Some(files) => files.serve(&unmatched.method, &path).await,
                None => None,
            };
            file.unwrap_or_else(|| unmatched.not_found())
        }
    }
}

#[cfg(test)]
mod path_tests {
    use super::SocketPath;

    #[test]
    fn a_stage_and_its_connections_are_told_from_other_paths() {
        let connections =
            |id: Option<&'static str>| SocketPath::Connections("prod".into(), id.map(Into::into));
        for (path, expected) in [
            ("/prod", SocketPath::Stage("prod".into())),
            ("/prod/", SocketPath::Stage("prod".into())),
            ("/", SocketPath::Stage("".into())),
            (
                "/prod/@connections/PJqB0fHsqRcCHlw%3D",
                connections(Some("PJqB0fHsqRcCHlw=")),
            ),
            (
                "/prod/%40connections/PJqB0fHsqRcCHlw=",
                connections(Some("PJqB0fHsqRcCHlw=")),
            ),
            ("/prod/@connections", connections(None)),
            ("/prod/@connections/", connections(None)),
            ("/prod/@connections/a/b", connections(None)),
            ("/prod/api", SocketPath::Other),
            ("/a/b/@connections/x", SocketPath::Other),
        ] {
            assert_eq!(SocketPath::parse(path), expected, "{path}");
        }
    }
}
