//! `AWS::Serverless::HttpApi` and the events that are its routes.

use std::{collections::BTreeMap, time::Duration};

use super::{
    document::Node,
    error::{Fault, Problem},
    http_authorizer::{self, HttpAuthorizer},
    properties::{Known, Properties},
    scope::{IMPLICIT_HTTP_API, Scope},
    site::api_id,
    throttling::{RouteThrottles, Throttle},
};

/// The longest, and the default, that an HTTP API waits for a function.
pub(super) const INTEGRATION_TIMEOUT: Duration = Duration::from_secs(30);

/// An HTTP API with its one stage.
#[derive(Debug, Clone)]
pub struct HttpApi {
    /// Logical id of the API.
    pub name: String,
    /// Ten lowercase letters and digits, derived from `name`.
    pub api_id: String,
    /// `$default` unless declared.
    pub stage: String,
    /// Top-level `stageVariables` of every event, when not empty.
    pub stage_variables: BTreeMap<String, String>,
    /// What the gateway answers to browsers by itself.
    pub cors: Option<Cors>,
    /// In the order of the template.
    pub routes: Vec<HttpRoute>,
    /// By name.
    pub authorizers: BTreeMap<String, HttpAuthorizer>,
    /// That of routes which name none.
    pub default_authorizer: Option<String>,
    /// Of its stage.
    pub throttles: RouteThrottles,
}

/// A route of an HTTP API.
#[derive(Debug, Clone)]
pub struct HttpRoute {
    /// `GET /pets/{id}`, `ANY /pets`, or `$default`.
    pub key: String,
    /// Logical id of its function.
    pub function: String,
    /// 30 s unless declared.
    pub integration_timeout: Duration,
    /// Name of the authorizer that is asked before the function.
    pub authorizer: Option<String>,
}

/// `CorsConfiguration` of an HTTP API.
#[derive(Debug, Clone, Default)]
pub struct Cors {
    /// `*`, `https://*`, `http://*` or exact.
    pub allow_origins: Vec<String>,
    /// Methods, or `*`.
    pub allow_methods: Vec<String>,
    /// Header names, or `*`.
    pub allow_headers: Vec<String>,
    /// Header names.
    pub expose_headers: Vec<String>,
    /// Whether cookies and `Authorization` may be sent.
    pub allow_credentials: bool,
    /// How long a browser may keep a preflight's answer.
    pub max_age: Option<Duration>,
}

const API: Known = Known {
    read: &[
        "Auth",
        "CorsConfiguration",
        "DefaultRouteSettings",
        "RouteSettings",
        "StageName",
        "StageVariables",
    ],
    without_effect: &[
        "Description",
        "DisableExecuteApiEndpoint",
        "FailOnWarnings",
        "Name",
        "PropagateTags",
        "Tags",
    ],
    warned: &["AccessLogSettings", "Domain"],
};

const EVENT: Known = Known {
    read: &[
        "ApiId",
        "Auth",
        "Method",
        "Path",
        "PayloadFormatVersion",
        "RouteSettings",
        "TimeoutInMillis",
    ],
    without_effect: &[],
    warned: &[],
};

const CORS: Known = Known {
    read: &[
        "AllowCredentials",
        "AllowHeaders",
        "AllowMethods",
        "AllowOrigins",
        "ExposeHeaders",
        "MaxAge",
    ],
    without_effect: &[],
    warned: &[],
};

/// The API of a resource, without routes yet.
pub(super) fn read(scope: &Scope<'_>, id: &str, resource: &Node) -> Result<HttpApi, Fault> {
    let globals = scope
        .section("Globals")
        .and_then(|globals| globals.get("HttpApi"));
    let properties =
        Properties::new(scope, id, resource.line, resource.get("Properties")).with_globals(globals);
    properties.check(&API)?;
    let auth = http_authorizer::read(&properties)?;
    Ok(HttpApi {
        name: id.to_owned(),
        api_id: api_id(id),
        stage: properties
            .text("StageName")?
            .unwrap_or_else(|| "$default".to_owned()),
        stage_variables: properties.table("StageVariables")?,
        cors: cors(&properties, "CorsConfiguration")?,
        routes: Vec::new(),
        authorizers: auth.authorizers,
        default_authorizer: auth.default,
        throttles: RouteThrottles::read(&properties)?,
    })
}

/// The route of an `HttpApi` event of a function, added to its API.
pub(super) fn read_route(
    apis: &mut Vec<HttpApi>,
    function: &str,
    scope: &Scope<'_>,
    event: &Properties<'_>,
) -> Result<(), Fault> {
    event.check(&EVENT)?;
    event.only("PayloadFormatVersion", &["2.0"])?;
    let mut route = HttpRoute {
        key: route_key(event)?,
        function: function.to_owned(),
        integration_timeout: event
            .milliseconds("TimeoutInMillis")?
            .unwrap_or(INTEGRATION_TIMEOUT),
        authorizer: None,
    };
    let wanted = event
        .text("ApiId")?
        .unwrap_or_else(|| api_id(IMPLICIT_HTTP_API));
    if wanted == api_id(IMPLICIT_HTTP_API) && !apis.iter().any(|api| api.api_id == wanted) {
        // `Globals` apply to the API that SAM makes by itself, too.
        let line = event.line_of("ApiId");
        apis.push(read(
            scope,
            IMPLICIT_HTTP_API,
            &Node {
                line,
                value: super::document::Value::Null,
            },
        )?);
    }
    let Some(api) = apis.iter_mut().find(|api| api.api_id == wanted) else {
        return Err(Problem::Unknown(format!("HTTP API {wanted}")).at(event.line_of("ApiId")));
    };
    if api.routes.iter().any(|known| known.key == route.key) {
        let problem = Problem::Syntax(format!("{} has the route {} twice", api.name, route.key));
        return Err(problem.at(event.line_of("Path")));
    }
    route.authorizer = authorizer(api, event)?;
    if let Some(settings) = event.within("RouteSettings")?
        && let Some(throttle) = Throttle::read(&settings)?
    {
        api.throttles.routes.insert(route.key.clone(), throttle);
    }
    api.routes.push(route);
    Ok(())
}

/// The authorizer that an event names, or its API's; `NONE` is none.
fn authorizer(api: &HttpApi, event: &Properties<'_>) -> Result<Option<String>, Fault> {
    let Some(auth) = event.within("Auth")? else {
        return Ok(api.default_authorizer.clone());
    };
    auth.check(&Known {
        read: &["Authorizer"],
        without_effect: &[],
        warned: &[],
    })?;
    match auth.text("Authorizer")? {
        None => Ok(api.default_authorizer.clone()),
        Some(name) if name == "NONE" => Ok(None),
        Some(name) if api.authorizers.contains_key(&name) => Ok(Some(name)),
        Some(name) => Err(
            Problem::Unknown(format!("authorizer {name} of {}", api.name))
                .at(auth.line_of("Authorizer")),
        ),
    }
}

fn route_key(event: &Properties<'_>) -> Result<String, Fault> {
    match (event.text("Method")?, event.text("Path")?) {
        // SAM takes an event without both for the route of everything else.
        (None, None) => Ok("$default".to_owned()),
        (_, Some(path)) if path == "$default" => Ok(path),
        (Some(method), Some(path)) => match method.to_uppercase().as_str() {
            "*" | "X-AMAZON-APIGATEWAY-ANY-METHOD" => Ok(format!("ANY {path}")),
            method => Ok(format!("{method} {path}")),
        },
        _ => Err(Problem::Missing {
            of: "an HttpApi event".to_owned(),
            property: "Method and Path, or neither",
        }
        .at(event.line_of("Path").max(event.line_of("Method")))),
    }
}

/// `true`, or a mapping.
pub(super) fn cors(properties: &Properties<'_>, name: &str) -> Result<Option<Cors>, Fault> {
    match properties.node(name)?.as_ref().and_then(Node::text) {
        Some("true") => {
            return Ok(Some(Cors {
                allow_origins: vec!["*".to_owned()],
                ..Cors::default()
            }));
        }
        Some("false") => return Ok(None),
        Some(_) => return Err(properties.unsupported(name, properties.line_of(name))),
        None => {}
    }
    let Some(cors) = properties.within(name)? else {
        return Ok(None);
    };
    cors.check(&CORS)?;
    Ok(Some(Cors {
        allow_origins: cors.texts("AllowOrigins")?,
        allow_methods: cors.texts("AllowMethods")?,
        allow_headers: cors.texts("AllowHeaders")?,
        expose_headers: cors.texts("ExposeHeaders")?,
        allow_credentials: cors.flag("AllowCredentials")?.unwrap_or(false),
        max_age: cors
            .number("MaxAge")?
            .map(|seconds| Duration::from_secs(seconds.into())),
    }))
}
