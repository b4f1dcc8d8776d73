//! `AWS::ApiGatewayV2::RouteResponse`, which makes a route of a WebSocket API two-way.

use std::collections::BTreeMap;

use super::{
    document::Node,
    error::{Fault, Problem},
    properties::{Known, Properties},
    scope::Scope,
    websocket_api::WebSocketApi,
};

const KNOWN: Known = Known {
    read: &["ApiId", "RouteId", "RouteResponseKey"],
    without_effect: &[
        "ModelSelectionExpression",
        "ResponseModels",
        "ResponseParameters",
    ],
    warned: &[],
};

/// The route responses of a template, and the routes that they can name.
#[derive(Debug, Default)]
pub(super) struct RouteResponses {
    /// Id of the API and key, by the logical id of the route.
    routes: BTreeMap<String, (String, String)>,
    declared: Vec<Declared>,
}

#[derive(Debug)]
struct Declared {
    api_id: String,
    route: String,
    line: usize,
}

impl RouteResponses {
    /// Lets a route be named by a logical id.
    pub(super) fn name(&mut self, route: String, api_id: &str, key: &str) {
        self.routes
            .insert(route, (api_id.to_owned(), key.to_owned()));
    }

    /// Reads the response of a resource.
    pub(super) fn read(
        &mut self,
        scope: &Scope<'_>,
        id: &str,
        resource: &Node,
    ) -> Result<(), Fault> {
        let properties = Properties::new(scope, id, resource.line, resource.get("Properties"));
        properties.check(&KNOWN)?;
        properties.only("RouteResponseKey", &["$default"])?;
        self.declared.push(Declared {
            api_id: properties.required("ApiId")?,
            route: properties.required("RouteId")?,
            line: properties.line_of("RouteId"),
        });
        Ok(())
    }

    /// Leaves those routes two-way that select a response and have one. AWS needs both, and says nothing when the selection
    /// is missing, so that is an error here.
    pub(super) fn apply(&self, apis: &mut [WebSocketApi]) -> Result<(), Fault> {
        for Declared {
            api_id,
            route,
            line,
        } in &self.declared
        {
            let named = self.routes.get(route).filter(|(api, _)| api == api_id);
            let (_, key) =
                named.ok_or_else(|| Problem::Unknown(format!("route {route}")).at(*line))?;
            let of_api = apis.iter().find(|api| api.api_id == *api_id);
            if !of_api.is_some_and(|api| api.routes.get(key).is_some_and(|route| route.two_way)) {
                let property = "RouteResponseSelectionExpression: $default";
                return Err(Problem::Missing {
                    of: route.clone(),
                    property,
                }
                .at(*line));
            }
        }
        for api in apis {
            for (key, route) in &mut api.routes {
                route.two_way &= self.declared.iter().any(|declared| {
                    let named = self.routes.get(&declared.route);
                    named.is_some_and(|(api_id, named)| *api_id == api.api_id && named == key)
                });
            }
        }
        Ok(())
    }
}
