//! `Resources`: which of them run here, which are skipped and which cannot be run.

use super::{
    Template,
    document::Node,
    error::{Fault, Problem},
    function, http_api,
    properties::Properties,
    raw_api,
    route_response::RouteResponses,
    schedule::{self, ScheduleKind},
    scope::{APIS, Scope, kind, route_logical_id},
    websocket_api,
};

/// Types of the serverless families that only say something about an account.
const WITHOUT_EFFECT: &[&str] = &[
    "AWS::ApiGatewayV2::ApiMapping",
    "AWS::ApiGatewayV2::Deployment",
    "AWS::ApiGatewayV2::DomainName",
    "AWS::ApiGatewayV2::Model",
    "AWS::Lambda::Alias",
    "AWS::Lambda::CapacityProvider",
    "AWS::Lambda::CodeSigningConfig",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Version",
    "AWS::Serverless::CapacityProvider",
    "AWS::Serverless::Connector",
    "AWS::Serverless::SimpleTable",
];

/// Families whose resources do something that would be missed here.
const ACTIVE_FAMILIES: &[&str] = &[
    "AWS::ApiGateway::",
    "AWS::ApiGatewayV2::",
    "AWS::Lambda::",
    "AWS::Scheduler::",
    "AWS::Serverless::",
];

/// Everything that the resources of a template declare.
pub(super) fn read_all(scope: &Scope<'_>) -> Result<Template, Fault> {
    let resources = scope.resources()?;
    let mut template = Template::default();
    let mut responses = RouteResponses::default();
    // Routes and stages name their API, wherever in the file it stands; so do routes their integration.
    for (id, resource) in &resources {
        read_api(&mut template, &mut responses, scope, id, resource)?;
    }
    let parts = raw_api::Parts::read(scope, &resources)?;
    for (id, resource) in &resources {
        match kind(resource) {
            kind if APIS.contains(&kind) => {}
            "AWS::ApiGatewayV2::Authorizer" | "AWS::ApiGatewayV2::Integration" => {}
            "AWS::ApiGatewayV2::Route" => {
                parts.read_route(&mut template, &mut responses, scope, id, resource)?;
            }
            "AWS::ApiGatewayV2::RouteResponse" => responses.read(scope, id, resource)?,
            "AWS::ApiGatewayV2::Stage" => raw_api::read_stage(&mut template, scope, id, resource)?,
            "AWS::Serverless::Function" => read_function(&mut template, scope, id, resource)?,
            kind => skip(id, kind, resource)?,
        }
    }
    responses.apply(&mut template.websocket_apis)?;
    for (id, resource) in &resources {
        raw_api::check_stage(&template, id, resource)?;
    }
    Ok(template)
}

fn read_api(
    template: &mut Template,
    responses: &mut RouteResponses,
    scope: &Scope<'_>,
    id: &str,
    resource: &Node,
) -> Result<(), Fault> {
    match kind(resource) {
        "AWS::Serverless::WebSocketApi" => {
            let api = websocket_api::read(scope, id, resource)?;
            for key in api.routes.keys() {
                responses.name(route_logical_id(id, key), &api.api_id, key);
            }
            template.websocket_apis.push(api);
        }
        "AWS::Serverless::HttpApi" => template
            .http_apis
            .push(http_api::read(scope, id, resource)?),
        "AWS::ApiGatewayV2::Api" => raw_api::read_api(template, scope, id, resource)?,
        _ => {}
    }
    Ok(())
}

fn read_function(
    template: &mut Template,
    scope: &Scope<'_>,
    id: &str,
    resource: &Node,
) -> Result<(), Fault> {
    let (function, properties) = function::read(scope, id, resource)?;
    template.functions.insert(id.to_owned(), function);
    let events = properties
        .raw("Events")
        .map(Node::entries)
        .unwrap_or_default();
    for (event, node) in events {
        let of = format!("event {event} of {id}");
        let properties = Properties::new(scope, &of, node.line, node.get("Properties"));
        match kind(node) {
            "HttpApi" => http_api::read_route(&mut template.http_apis, id, scope, &properties)?,
            "Schedule" => {
                template
                    .schedules
                    .push(schedule::read(ScheduleKind::Rule, id, event, &properties)?)
            }
            "ScheduleV2" => template.schedules.push(schedule::read(
                ScheduleKind::Scheduler,
                id,
                event,
                &properties,
            )?),
            "Api" => {
                return Err(Problem::Unsupported(format!(
                    "Type Api of {of} (a REST API; use HttpApi)"
                ))
                .at(node.line));
            }
            other => {
                return Err(Problem::Unsupported(format!("Type {other} of {of}")).at(node.line));
            }
        }
    }
    Ok(())
}

fn skip(id: &str, kind: &str, resource: &Node) -> Result<(), Fault> {
    let line = resource.get("Type").map_or(resource.line, |node| node.line);
    let scheduled = resource
        .get("Properties")
        .is_some_and(|node| node.get("ScheduleExpression").is_some());
    if kind == "AWS::Serverless::Api" {
        let what = format!("{kind} ({id} is a REST API; use AWS::Serverless::HttpApi)");
        return Err(Problem::Unsupported(what).at(line));
    }
    if kind == "AWS::Events::Rule" && scheduled {
        let what = format!("{kind} with a ScheduleExpression ({id}; use an event of the function)");
        return Err(Problem::Unsupported(what).at(line));
    }
    let active = ACTIVE_FAMILIES
        .iter()
        .any(|family| kind.starts_with(family));
    if active && !WITHOUT_EFFECT.contains(&kind) {
        return Err(Problem::Unsupported(format!("{kind} ({id})")).at(line));
    }
    Ok(())
}
