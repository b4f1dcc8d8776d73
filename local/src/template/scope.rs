//! What a name in a template stands for: parameters, pseudo-parameters, resources, conditions.

use std::{
    cell::Cell,
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{
    document::{Node, Value},
    error::{Fault, Problem},
    parameter::{self, Parameter},
    site::{ACCOUNT_ID, REGION, Site, api_id},
};

/// References deeper than this are taken for a circle.
const MAX_REFERENCE_DEPTH: u32 = 32;

/// The types of an API; their `Ref` is its id.
pub(super) const APIS: &[&str] = &[
    "AWS::Serverless::WebSocketApi",
    "AWS::Serverless::HttpApi",
    "AWS::ApiGatewayV2::Api",
];

/// The name of the API that SAM makes for `HttpApi` events without `ApiId`.
pub(super) const IMPLICIT_HTTP_API: &str = "ServerlessHttpApi";

/// Everything that names of a template can stand for.
#[derive(Debug)]
pub(super) struct Scope<'a> {
    document: &'a Node,
    folder: &'a Path,
    site: &'a Site,
    parameters: BTreeMap<String, Parameter>,
    /// Logical ids that SAM generates, with what `Ref` gives for them.
    generated: BTreeMap<String, String>,
    api_ids: Vec<String>,
    depth: Cell<u32>,
}

impl<'a> Scope<'a> {
    /// A path of the template, seen from where the template lies.
    pub(super) fn file(&self, path: &Path) -> PathBuf {
        self.folder.join(path)
    }

    /// The scope of a document that lies in a folder.
    pub(super) fn new(
        document: &'a Node,
        folder: &'a Path,
        overrides: &BTreeMap<String, String>,
        site: &'a Site,
    ) -> Result<Self, Fault> {
        let parameters = parameter::values(document, overrides, site)?;
        let resources = document
            .get("Resources")
            .map(Node::entries)
            .unwrap_or_default();
        let apis = resources
            .iter()
            .filter(|(_, resource)| APIS.contains(&kind(resource)));
        let mut api_ids: Vec<String> = apis.map(|(name, _)| api_id(name)).collect();
        api_ids.push(api_id(IMPLICIT_HTTP_API));
        let mut generated =
            BTreeMap::from([(IMPLICIT_HTTP_API.to_owned(), api_id(IMPLICIT_HTTP_API))]);
        for (name, resource) in resources {
            for key in route_keys(resource) {
                let id = route_logical_id(name, key);
                generated.insert(id.clone(), id);
            }
        }
        Ok(Self {
            document,
            folder,
            site,
            parameters,
            generated,
            api_ids,
            depth: Cell::new(0),
        })
    }

    /// The resources whose condition holds, in the order of the file.
    pub(super) fn resources(&self) -> Result<Vec<(&'a str, &'a Node)>, Fault> {
        let declared = self
            .document
            .get("Resources")
            .map(Node::entries)
            .unwrap_or_default();
        let mut active = Vec::with_capacity(declared.len());
        for (name, resource) in declared {
            if self.exists(resource)? {
                active.push((name.as_str(), resource));
            }
        }
        Ok(active)
    }

    /// A section at the top of the template.
    pub(super) fn section(&self, name: &str) -> Option<&'a Node> {
        self.document.get(name)
    }

    /// A string as this machine must see it.
    pub(super) fn localise(&self, text: &str) -> String {
        self.site.localise(text, &self.api_ids)
    }

    /// What `Ref` gives for a name.
    pub(super) fn reference(&self, name: &str, line: usize) -> Result<Value, Fault> {
        match self.parameters.get(name) {
            Some(Parameter::Text(text)) => return Ok(Value::Text(text.clone())),
            Some(Parameter::List(items)) => {
                let texts = items.iter().map(|item| Node {
                    line,
                    value: Value::Text(item.clone()),
                });
                return Ok(Value::List(texts.collect()));
            }
            None => {}
        }
        if let Some(pseudo) = self.pseudo_parameter(name) {
            return Ok(pseudo);
        }
        let Some(resource) = self.resource(name) else {
            let generated = self.generated.get(name).cloned();
            return generated
                .map(Value::Text)
                .ok_or_else(|| Problem::Unknown(name.to_owned()).at(line));
        };
        Ok(Value::Text(match kind(resource) {
            kind if APIS.contains(&kind) => api_id(name),
            "AWS::Serverless::Function" => self.declared_name(name, "FunctionName", line)?,
            "AWS::ApiGatewayV2::Stage" => self.declared_name(name, "StageName", line)?,
            _ => name.to_owned(),
        }))
    }

    /// What `GetAtt` gives.
    pub(super) fn attribute(
        &self,
        name: &str,
        attribute: &str,
        line: usize,
    ) -> Result<String, Fault> {
        let Some(resource) = self.resource(name) else {
            return Err(Problem::Unknown(name.to_owned()).at(line));
        };
        match (kind(resource), attribute) {
            ("AWS::Serverless::Function", "Arn") => {
                Ok(function_arn(&self.function_name(name, line)?))
            }
            (kind, "ApiId") if APIS.contains(&kind) => Ok(api_id(name)),
            (kind, "ApiEndpoint") if APIS.contains(&kind) => {
                let scheme = if is_websocket(resource) {
                    "wss"
                } else {
                    "https"
                };
                Ok(self.localise(&format!(
                    "{scheme}://{}.execute-api.{REGION}.amazonaws.com",
                    api_id(name)
                )))
            }
            (kind, "Arn") => {
                let service = kind.split("::").nth(1).unwrap_or_default().to_lowercase();
                Ok(format!("arn:aws:{service}:{REGION}:{ACCOUNT_ID}:{name}"))
            }
            _ => Err(Problem::OnlyInAnAccount(format!("{name}.{attribute}")).at(line)),
        }
    }

    /// The logical id of the function that an ARN, or an ARN within an integration's URI, names.
    pub(super) fn function_of(&self, arn: &str, line: usize) -> Result<String, Fault> {
        let of_uri = |uri: &str| {
            uri.rsplit_once("/functions/")
                .map(|(_, rest)| rest.to_owned())
        };
        let arn = of_uri(arn).unwrap_or_else(|| arn.to_owned());
        let name = arn
            .trim_end_matches("/invocations")
            .rsplit_once(":function:")
            .map(|(_, name)| name);
        for (id, _) in self
            .resources()?
            .iter()
            .filter(|(_, node)| kind(node) == "AWS::Serverless::Function")
        {
            if name == Some(self.function_name(id, line)?.as_str()) {
                return Ok((*id).to_owned());
            }
        }
        Err(Problem::Unknown(format!("function {arn}")).at(line))
    }

    /// `FunctionName`, or the logical id.
    pub(super) fn function_name(&self, id: &str, line: usize) -> Result<String, Fault> {
        self.declared_name(id, "FunctionName", line)
    }

    /// What a property of a resource says, or the logical id.
    fn declared_name(&self, id: &str, property: &str, line: usize) -> Result<String, Fault> {
        let declared = self
            .resource(id)
            .and_then(|node| node.get("Properties")?.get(property));
        match declared {
            Some(node) => {
                let name = self.guarded(id, line, || self.resolve(node))?;
                Ok(name.text().unwrap_or(id).to_owned())
            }
            None => Ok(id.to_owned()),
        }
    }

    /// Whether a condition holds.
    pub(super) fn condition(&self, name: &str, line: usize) -> Result<bool, Fault> {
        let declared = self
            .section("Conditions")
            .and_then(|conditions| conditions.get(name));
        let declared =
            declared.ok_or_else(|| Problem::Unknown(format!("condition {name}")).at(line))?;
        let held = self.guarded(name, line, || self.resolve(declared))?;
        truth(&held)
    }

    /// Whether a resource or an output exists under its `Condition`.
    pub(super) fn exists(&self, node: &Node) -> Result<bool, Fault> {
        match node.get("Condition") {
            Some(condition) => self.condition(condition.text().unwrap_or_default(), condition.line),
            None => Ok(true),
        }
    }

    fn resource(&self, name: &str) -> Option<&'a Node> {
        self.section("Resources")
            .and_then(|resources| resources.get(name))
    }

    fn pseudo_parameter(&self, name: &str) -> Option<Value> {
        let text = match name {
            "AWS::NoValue" => return Some(Value::Null),
            "AWS::Region" => REGION.to_owned(),
            "AWS::AccountId" => ACCOUNT_ID.to_owned(),
            "AWS::Partition" => "aws".to_owned(),
            "AWS::URLSuffix" => "amazonaws.com".to_owned(),
            "AWS::StackName" => self.site.stack_name.clone(),
            "AWS::StackId" => {
                let stack = &self.site.stack_name;
                format!("arn:aws:cloudformation:{REGION}:{ACCOUNT_ID}:stack/{stack}/local")
            }
            _ => return None,
        };
        Some(Value::Text(text))
    }

    fn guarded<T>(
        &self,
        name: &str,
        line: usize,
        work: impl FnOnce() -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        if self.depth.get() == MAX_REFERENCE_DEPTH {
            return Err(Problem::Circular(name.to_owned()).at(line));
        }
        self.depth.set(self.depth.get() + 1);
        let done = work();
        self.depth.set(self.depth.get() - 1);
        done
    }
}

/// The ARN of a function of this stack.
pub(super) fn function_arn(name: &str) -> String {
    format!("arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{name}")
}

/// The `Type` of a resource or an event.
pub(super) fn kind(node: &Node) -> &str {
    node.get("Type").and_then(Node::text).unwrap_or_default()
}

/// The name that SAM gives to the route of a WebSocket API: it drops the `$` and leaves one capital.
pub(super) fn route_logical_id(api: &str, key: &str) -> String {
    let mut chars = key.trim_start_matches('$').chars();
    let first = chars
        .next()
        .map(|first| first.to_uppercase().to_string())
        .unwrap_or_default();
    format!("{api}{first}{}Route", chars.as_str().to_lowercase())
}

/// Whether resolved text means true.
pub(super) fn truth(node: &Node) -> Result<bool, Fault> {
    match node.text() {
        Some("true") => Ok(true),
        Some("false") => Ok(false),
        _ => Err(Problem::Shape {
            what: "a condition".to_owned(),
            expected: "true or false",
        }
        .at(node.line)),
    }
}

fn is_websocket(resource: &Node) -> bool {
    let protocol = resource
        .get("Properties")
        .and_then(|properties| properties.get("ProtocolType"));
    kind(resource) == "AWS::Serverless::WebSocketApi"
        || protocol.and_then(Node::text) == Some("WEBSOCKET")
}

fn route_keys(resource: &Node) -> impl Iterator<Item = &str> {
    let routes = resource
        .get("Properties")
        .and_then(|properties| properties.get("Routes"));
    let routes = routes.filter(|_| kind(resource) == "AWS::Serverless::WebSocketApi");
    routes
        .map(Node::entries)
        .unwrap_or_default()
        .iter()
        .map(|(key, _)| key.as_str())
}
