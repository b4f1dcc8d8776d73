//! `AWS::Serverless::WebSocketApi`.

use std::{collections::BTreeMap, time::Duration};

use super::{
    document::Node,
    error::{Fault, Problem},
    properties::{Known, Properties},
    scope::Scope,
    site::api_id,
    throttling::RouteThrottles,
};

/// The longest, and the default, that a WebSocket API waits for a function.
pub(super) const INTEGRATION_TIMEOUT: Duration = Duration::from_secs(29);

/// A WebSocket API with its one stage.
#[derive(Debug, Clone)]
pub struct WebSocketApi {
    /// Logical id of the API.
    pub name: String,
    /// Ten lowercase letters and digits, derived from `name`, so the same at every start.
    pub api_id: String,
    /// First segment of the socket's path.
    pub stage: String,
    /// Top-level `stageVariables` of every event, when not empty.
    pub stage_variables: BTreeMap<String, String>,
    /// Such as `$request.body.type`.
    pub route_selection: String,
    /// By route key.
    pub routes: BTreeMap<String, SocketRoute>,
    /// On `$connect`.
    pub authorizer: Option<SocketAuthorizer>,
    /// Of its stage.
    pub throttles: RouteThrottles,
}

impl WebSocketApi {
    /// An API at `/prod` that has no routes yet, as one that the template calls so.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            api_id: api_id(name),
            stage: "prod".to_owned(),
            stage_variables: BTreeMap::new(),
            route_selection: "$request.body.type".to_owned(),
            routes: BTreeMap::new(),
            authorizer: None,
            throttles: RouteThrottles::default(),
        }
    }
}

/// A route of a WebSocket API.
#[derive(Debug, Clone)]
pub struct SocketRoute {
    /// Logical id of its function; a route without one accepts and does nothing.
    pub function: Option<String>,
    /// 29 s unless declared.
    pub integration_timeout: Duration,
    /// Whether it has a route response, so that the function's `body` goes to the sender.
    pub two_way: bool,
}

impl SocketRoute {
    /// A route to a function; with a route response, if it is two-way.
    pub fn new(function: Option<&str>, two_way: bool) -> Self {
        Self {
            function: function.map(str::to_owned),
            integration_timeout: INTEGRATION_TIMEOUT,
            two_way,
        }
    }
}

/// A Lambda REQUEST authorizer of a WebSocket API.
#[derive(Debug, Clone)]
pub struct SocketAuthorizer {
    /// Logical id of its function.
    pub function: String,
    /// Such as `route.request.querystring.ticket`; one that is missing answers 401 without a call.
    pub identity_sources: Vec<String>,
}

const API: Known = Known {
    read: &[
        "Auth",
        "DefaultRouteSettings",
        "RouteSelectionExpression",
        "RouteSettings",
        "Routes",
        "StageName",
        "StageVariables",
    ],
    without_effect: &[
        "ApiKeySelectionExpression",
        "Description",
        "DisableExecuteApiEndpoint",
        "DisableSchemaValidation",
        "FailOnWarnings",
        "IpAddressType",
        "Name",
        "PropagateTags",
        "Tags",
    ],
    warned: &["AccessLogSettings", "Domain"],
};

const ROUTE: Known = Known {
    read: &[
        "ApiKeyRequired",
        "FunctionArn",
        "IntegrationTimeout",
        "RouteResponseSelectionExpression",
    ],
    without_effect: &["OperationName"],
    warned: &[],
};

const AUTH: Known = Known {
    read: &["AuthArn", "AuthType", "IdentitySource"],
    without_effect: &["InvokeRole", "Name"],
    warned: &[],
};

/// The API of a resource. Routes that select a response count as two-way until the responses are known.
pub(super) fn read(scope: &Scope<'_>, id: &str, resource: &Node) -> Result<WebSocketApi, Fault> {
    let globals = scope
        .section("Globals")
        .and_then(|globals| globals.get("WebSocketApi"));
    let properties =
        Properties::new(scope, id, resource.line, resource.get("Properties")).with_globals(globals);
    properties.check(&API)?;
    let stage = properties
        .text("StageName")?
        .unwrap_or_else(|| "default".to_owned());
    if stage == "$default" {
        return Err(properties.unsupported("StageName $default", properties.line_of("StageName")));
    }
    let mut routes = BTreeMap::new();
    if let Some(declared) = properties.within("Routes")? {
        for key in declared.names() {
            if let Some(route) = declared.within(key)? {
                routes.insert(key.to_owned(), read_route(&route)?);
            }
        }
    }
    if routes.is_empty() {
        return Err(Problem::Missing {
            of: id.to_owned(),
            property: "Routes",
        }
        .at(resource.line));
    }
    Ok(WebSocketApi {
        name: id.to_owned(),
        api_id: api_id(id),
        stage,
        stage_variables: properties.table("StageVariables")?,
        route_selection: properties.required("RouteSelectionExpression")?,
        routes,
        authorizer: read_authorizer(&properties)?,
        throttles: RouteThrottles::read(&properties)?,
    })
}

fn read_route(route: &Properties<'_>) -> Result<SocketRoute, Fault> {
    route.check(&ROUTE)?;
    route.only("ApiKeyRequired", &["false"])?;
    route.only("RouteResponseSelectionExpression", &["$default"])?;
    Ok(SocketRoute {
        function: Some(route.function("FunctionArn")?),
        integration_timeout: route
            .milliseconds("IntegrationTimeout")?
            .unwrap_or(INTEGRATION_TIMEOUT),
        two_way: route.text("RouteResponseSelectionExpression")?.is_some(),
    })
}

fn read_authorizer(properties: &Properties<'_>) -> Result<Option<SocketAuthorizer>, Fault> {
    let Some(auth) = properties.within("Auth")? else {
        return Ok(None);
    };
    auth.check(&AUTH)?;
    auth.only("AuthType", &["CUSTOM", "NONE"])?;
    if auth.required("AuthType")? == "NONE" {
        return Ok(None);
    }
    Ok(Some(SocketAuthorizer {
        function: auth.function("AuthArn")?,
        identity_sources: auth.texts("IdentitySource")?,
    }))
}
