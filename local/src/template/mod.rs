//! What a SAM template declares, with its intrinsic functions resolved for one machine.
//!
//! A feature that the stack does not support is an error that names the line: nothing that would change what the
//! application does is ignored silently. Resources that have no meaning on one machine (roles, networks, databases,
//! alarms, …) are skipped.

mod assignment;
mod document;
mod error;
mod function;
mod http_api;
mod http_authorizer;
mod intrinsic;
mod limits;
mod parameter;
mod properties;
mod raw_api;
mod resource;
mod route_response;
mod schedule;
mod scope;
mod site;
mod throttling;
mod websocket_api;

#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, fs, path::Path};

use document::Node;
use scope::Scope;

pub use assignment::name_and_value;
pub use error::{Problem, TemplateError};
pub use function::Function;
pub use http_api::{Cors, HttpApi, HttpRoute};
pub use http_authorizer::HttpAuthorizer;
pub use schedule::{Schedule, ScheduleKind};
pub use site::{ACCOUNT_ID, REGION, Site};
pub use throttling::{RouteThrottles, Throttle};
pub use websocket_api::{SocketAuthorizer, SocketRoute, WebSocketApi};

/// Everything of a template that the stack runs.
#[derive(Debug, Clone, Default)]
pub struct Template {
    /// By logical id.
    pub functions: BTreeMap<String, Function>,
    /// In the order of the template.
    pub websocket_apis: Vec<WebSocketApi>,
    /// In the order of the template.
    pub http_apis: Vec<HttpApi>,
    /// In the order of the template.
    pub schedules: Vec<Schedule>,
}

impl Template {
    /// Reads a template with these values for its parameters; a parameter without one takes its default, and a `NoEcho`
    /// parameter without a default takes a secret that the site keeps.
    pub fn load(
        path: &Path,
        parameters: &BTreeMap<String, String>,
        site: &Site,
    ) -> Result<Self, TemplateError> {
        let document = open(path)?;
        let declared = names(&document);
        if let Some(name) = parameters.keys().find(|name| !declared.contains(name)) {
            return Err(TemplateError::UnknownParameter {
                path: path.to_owned(),
                name: name.clone(),
            });
        }
        let folder = path.parent().unwrap_or(Path::new("."));
        let template = Scope::new(&document, folder, parameters, site)
            .and_then(|scope| resource::read_all(&scope));
        template.map_err(|fault| line_error(path, fault))
    }
}

fn open(path: &Path) -> Result<Node, TemplateError> {
    let text = fs::read_to_string(path).map_err(|source| TemplateError::Read {
        path: path.to_owned(),
        source,
    })?;
    Node::parse(&text).map_err(|fault| line_error(path, fault))
}

fn names(document: &Node) -> Vec<String> {
    let declared = document
        .get("Parameters")
        .map(Node::entries)
        .unwrap_or_default();
    declared.iter().map(|(name, _)| name.clone()).collect()
}

fn line_error(path: &Path, fault: error::Fault) -> TemplateError {
    TemplateError::Line {
        path: path.to_owned(),
        line: fault.line,
        problem: fault.problem,
    }
}
