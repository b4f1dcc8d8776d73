//! `AWS::ApiGatewayV2::{Api, Stage, Route, Integration, Authorizer}`: the long form that SAM writes for its own types,
//! and that templates from before those types spell out.

use std::{collections::BTreeMap, time::Duration};

use super::{
    Template,
    document::Node,
    error::{Fault, Problem},
    http_api::{self, HttpApi, HttpRoute},
    http_authorizer::{self, HttpAuthorizer},
    properties::{Known, Properties},
    route_response::RouteResponses,
    scope::{Scope, kind},
    site::api_id,
    throttling::RouteThrottles,
    websocket_api::{self, SocketAuthorizer, SocketRoute, WebSocketApi},
};

const API: Known = Known {
    read: &[
        "CorsConfiguration",
        "ProtocolType",
        "RouteSelectionExpression",
    ],
    without_effect: &[
        "ApiKeySelectionExpression",
        "Description",
        "DisableExecuteApiEndpoint",
        "DisableSchemaValidation",
        "FailOnWarnings",
        "IpAddressType",
        "Name",
        "Tags",
        "Version",
    ],
    warned: &[],
};

const STAGE: Known = Known {
    read: &[
        "ApiId",
        "DefaultRouteSettings",
        "RouteSettings",
        "StageName",
        "StageVariables",
    ],
    without_effect: &["AutoDeploy", "DeploymentId", "Description", "Tags"],
    warned: &["AccessLogSettings"],
};

const INTEGRATION: Known = Known {
    read: &[
        "ApiId",
        "IntegrationType",
        "IntegrationUri",
        "PayloadFormatVersion",
        "TimeoutInMillis",
    ],
    without_effect: &[
        "ConnectionType",
        "CredentialsArn",
        "Description",
        "IntegrationMethod",
        "PassthroughBehavior",
    ],
    warned: &[],
};

const ROUTE: Known = Known {
    read: &[
        "ApiId",
        "ApiKeyRequired",
        "AuthorizationType",
        "AuthorizerId",
        "RouteKey",
        "RouteResponseSelectionExpression",
        "Target",
    ],
    without_effect: &["OperationName"],
    warned: &[],
};

const AUTHORIZER: Known = Known {
    read: &[
        "ApiId",
        "AuthorizerPayloadFormatVersion",
        "AuthorizerResultTtlInSeconds",
        "AuthorizerType",
        "AuthorizerUri",
        "EnableSimpleResponses",
        "IdentitySource",
    ],
    without_effect: &["AuthorizerCredentialsArn", "Name"],
    warned: &[],
};

/// What routes refer to, by logical id.
#[derive(Debug, Default)]
pub(super) struct Parts {
    integrations: BTreeMap<String, Integration>,
    authorizers: BTreeMap<String, Authorizer>,
}

/// An authorizer of either kind of API.
#[derive(Debug)]
struct Authorizer {
    declared: HttpAuthorizer,
    /// Which only those of HTTP APIs have.
    payload_format: Option<String>,
}

#[derive(Debug)]
struct Integration {
    function: String,
    timeout: Option<Duration>,
    payload_format: Option<String>,
}

impl Parts {
    /// The integrations and the authorizers among resources.
    pub(super) fn read(scope: &Scope<'_>, resources: &[(&str, &Node)]) -> Result<Self, Fault> {
        let mut parts = Self::default();
        for (id, resource) in resources {
            match kind(resource) {
                "AWS::ApiGatewayV2::Integration" => {
                    parts.integrations.insert(
                        (*id).to_owned(),
                        read_integration(&of(scope, id, resource))?,
                    );
                }
                "AWS::ApiGatewayV2::Authorizer" => {
                    parts
                        .authorizers
                        .insert((*id).to_owned(), read_authorizer(&of(scope, id, resource))?);
                }
                _ => {}
            }
        }
        Ok(parts)
    }

    /// Adds the route of a resource to its API.
    pub(super) fn read_route(
        &self,
        template: &mut Template,
        responses: &mut RouteResponses,
        scope: &Scope<'_>,
        id: &str,
        resource: &Node,
    ) -> Result<(), Fault> {
        let route = of(scope, id, resource);
        route.check(&ROUTE)?;
        route.only("ApiKeyRequired", &["false"])?;
        let (wanted, key) = (route.required("ApiId")?, route.required("RouteKey")?);
        if let Some(api) = template
            .websocket_apis
            .iter_mut()
            .find(|api| api.api_id == wanted)
        {
            responses.name(id.to_owned(), &api.api_id, &key);
            return self.add_socket_route(api, key, &route);
        }
        match template
            .http_apis
            .iter_mut()
            .find(|api| api.api_id == wanted)
        {
            Some(api) => self.add_http_route(api, key, &route),
            None => Err(Problem::Unknown(format!("API {wanted}")).at(route.line_of("ApiId"))),
        }
    }

    fn add_socket_route(
        &self,
        api: &mut WebSocketApi,
        key: String,
        route: &Properties<'_>,
    ) -> Result<(), Fault> {
        route.only("AuthorizationType", &["CUSTOM", "NONE"])?;
        route.only("RouteResponseSelectionExpression", &["$default"])?;
        if route.text("AuthorizationType")?.as_deref() == Some("CUSTOM") {
            let (_, Authorizer { declared, .. }) = self.authorizer(route)?;
            api.authorizer = Some(SocketAuthorizer {
                function: declared.function.clone(),
                identity_sources: declared.identity_sources.clone(),
            });
        }
        let integration = match route.text("Target")? {
            Some(target) => Some(self.integration(&target, route)?),
            None => None,
        };
        let declared = SocketRoute {
            function: integration.map(|integration| integration.function.clone()),
            integration_timeout: integration
                .and_then(|integration| integration.timeout)
                .unwrap_or(websocket_api::INTEGRATION_TIMEOUT),
            two_way: route.text("RouteResponseSelectionExpression")?.is_some(),
        };
        match api.routes.insert(key.clone(), declared) {
            None => Ok(()),
            Some(_) => Err(twice(&api.name, &key, route)),
        }
    }

    fn add_http_route(
        &self,
        api: &mut HttpApi,
        key: String,
        route: &Properties<'_>,
    ) -> Result<(), Fault> {
        route.only("AuthorizationType", &["CUSTOM", "NONE"])?;
        let mut authorizer = None;
        if route.text("AuthorizationType")?.as_deref() == Some("CUSTOM") {
            let (id, found) = self.authorizer(route)?;
            if found.payload_format.as_deref() != Some("2.0") {
                return Err(route.unsupported(
                    "an authorizer with an AuthorizerPayloadFormatVersion other than 2.0",
                    route.line_of("AuthorizerId"),
                ));
            }
            api.authorizers.insert(id.clone(), found.declared.clone());
            authorizer = Some(id);
        }
        let integration = self.integration(&route.required("Target")?, route)?;
        if integration.payload_format.as_deref() != Some("2.0") {
            return Err(route.unsupported(
                "a PayloadFormatVersion other than 2.0",
                route.line_of("Target"),
            ));
        }
        if api.routes.iter().any(|known| known.key == key) {
            return Err(twice(&api.name, &key, route));
        }
        api.routes.push(HttpRoute {
            key,
            function: integration.function.clone(),
            integration_timeout: integration.timeout.unwrap_or(http_api::INTEGRATION_TIMEOUT),
            authorizer,
        });
        Ok(())
    }

    /// The authorizer that a route names, with its logical id.
    fn authorizer(&self, route: &Properties<'_>) -> Result<(String, &Authorizer), Fault> {
        let id = route.required("AuthorizerId")?;
        match self.authorizers.get(&id) {
            Some(authorizer) => Ok((id, authorizer)),
            None => {
                Err(Problem::Unknown(format!("authorizer {id}")).at(route.line_of("AuthorizerId")))
            }
        }
    }

    fn integration(&self, target: &str, route: &Properties<'_>) -> Result<&Integration, Fault> {
        let found = target
            .strip_prefix("integrations/")
            .and_then(|id| self.integrations.get(id));
        found.ok_or_else(|| {
            Problem::Unknown(format!("integration {target}")).at(route.line_of("Target"))
        })
    }
}

/// Adds the API of a resource, without stage and routes yet.
pub(super) fn read_api(
    template: &mut Template,
    scope: &Scope<'_>,
    id: &str,
    resource: &Node,
) -> Result<(), Fault> {
    let api = of(scope, id, resource);
    api.check(&API)?;
    api.only("ProtocolType", &["HTTP", "WEBSOCKET"])?;
    if api.required("ProtocolType")? == "WEBSOCKET" {
        template.websocket_apis.push(WebSocketApi {
            name: id.to_owned(),
            api_id: api_id(id),
            stage: String::new(),
            stage_variables: BTreeMap::new(),
            route_selection: api.required("RouteSelectionExpression")?,
            routes: BTreeMap::new(),
            authorizer: None,
            throttles: RouteThrottles::default(),
        });
    } else {
        template.http_apis.push(HttpApi {
            name: id.to_owned(),
            api_id: api_id(id),
            stage: String::new(),
            stage_variables: BTreeMap::new(),
            cors: http_api::cors(&api, "CorsConfiguration")?,
            routes: Vec::new(),
            authorizers: BTreeMap::new(),
            default_authorizer: None,
            throttles: RouteThrottles::default(),
        });
    }
    Ok(())
}

/// Gives an API the stage of a resource.
pub(super) fn read_stage(
    template: &mut Template,
    scope: &Scope<'_>,
    id: &str,
    resource: &Node,
) -> Result<(), Fault> {
    let stage = of(scope, id, resource);
    stage.check(&STAGE)?;
    let wanted = stage.required("ApiId")?;
    let sockets = template.websocket_apis.iter_mut().map(|api| {
        let throttles = &mut api.throttles;
        (
            &api.api_id,
            &mut api.stage,
            &mut api.stage_variables,
            throttles,
        )
    });
    let https = template.http_apis.iter_mut().map(|api| {
        let throttles = &mut api.throttles;
        (
            &api.api_id,
            &mut api.stage,
            &mut api.stage_variables,
            throttles,
        )
    });
    let Some((_, name, variables, throttles)) =
        sockets.chain(https).find(|(api_id, ..)| **api_id == wanted)
    else {
        return Err(Problem::Unknown(format!("API {wanted}")).at(stage.line_of("ApiId")));
    };
    if !name.is_empty() {
        return Err(stage.unsupported("a second stage", stage.line_of("StageName")));
    }
    *name = stage.required("StageName")?;
    *variables = stage.table("StageVariables")?;
    *throttles = RouteThrottles::read(&stage)?;
    Ok(())
}

/// Refuses an API that nobody could reach.
pub(super) fn check_stage(template: &Template, id: &str, resource: &Node) -> Result<(), Fault> {
    let sockets = template
        .websocket_apis
        .iter()
        .map(|api| (&api.name, &api.stage));
    let https = template.http_apis.iter().map(|api| (&api.name, &api.stage));
    match sockets.chain(https).find(|(name, _)| *name == id) {
        Some((_, stage)) if stage.is_empty() => {
            let property = "an AWS::ApiGatewayV2::Stage";
            Err(Problem::Missing {
                of: id.to_owned(),
                property,
            }
            .at(resource.line))
        }
        _ => Ok(()),
    }
}

fn read_integration(integration: &Properties<'_>) -> Result<Integration, Fault> {
    integration.check(&INTEGRATION)?;
    integration.only("IntegrationType", &["AWS_PROXY"])?;
    Ok(Integration {
        function: integration.function("IntegrationUri")?,
        timeout: integration.milliseconds("TimeoutInMillis")?,
        payload_format: integration.text("PayloadFormatVersion")?,
    })
}

fn read_authorizer(authorizer: &Properties<'_>) -> Result<Authorizer, Fault> {
    authorizer.check(&AUTHORIZER)?;
    authorizer.only("AuthorizerType", &["REQUEST"])?;
    let declared = HttpAuthorizer {
        function: authorizer.function("AuthorizerUri")?,
        identity_sources: authorizer.texts("IdentitySource")?,
        simple_responses: authorizer.flag("EnableSimpleResponses")?.unwrap_or(false),
        result_ttl: http_authorizer::seconds(authorizer, "AuthorizerResultTtlInSeconds")?,
    };
    Ok(Authorizer {
        declared,
        payload_format: authorizer.text("AuthorizerPayloadFormatVersion")?,
    })
}

fn of<'a>(scope: &'a Scope<'a>, id: &str, resource: &Node) -> Properties<'a> {
    Properties::new(scope, id, resource.line, resource.get("Properties"))
}

fn twice(api: &str, key: &str, route: &Properties<'_>) -> Fault {
    Problem::Syntax(format!("{api} has the route {key} twice")).at(route.line_of("RouteKey"))
}
