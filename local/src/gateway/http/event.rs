//! What a function of an HTTP API receives: payload format 2.0.

use std::{collections::BTreeMap, net::IpAddr};

use axum::http::{
    Version,
    header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, TRANSFER_ENCODING, UPGRADE},
    request::Parts,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde::Serialize;
use serde_json::value::RawValue;

use super::{
    HttpApi,
    route::{Matched, decoded},
};
use crate::gateway::{
    multimap::{JoinedValues, MultiMap},
    peer::{added_headers, text, user_agent},
};

/// A request to an HTTP API, read.
#[derive(Debug)]
pub(super) struct Incoming<'a> {
    pub(super) api: &'a HttpApi,
    pub(super) parts: &'a Parts,
    pub(super) body: &'a Bytes,
    pub(super) source_ip: IpAddr,
    pub(super) matched: &'a Matched<'a>,
    pub(super) request_id: &'a str,
}

/// What the function receives. A member that would be empty is absent, except `rawQueryString`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct HttpEvent<'a> {
    version: &'static str,
    route_key: &'a str,
    raw_path: &'a str,
    raw_query_string: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cookies: Vec<String>,
    headers: JoinedValues<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    query_string_parameters: Option<JoinedValues<'a>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    path_parameters: &'a BTreeMap<&'a str, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    stage_variables: &'a BTreeMap<String, String>,
    request_context: RequestContext<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    is_base64_encoded: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext<'a> {
    account_id: &'a str,
    api_id: &'a str,
    domain_name: &'a str,
    domain_prefix: &'a str,
    http: Http<'a>,
    request_id: &'a str,
    route_key: &'a str,
    stage: &'a str,
    time: String,
    time_epoch: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorizer: Option<&'a RawValue>,
}

/// What an authorizer receives: the event of the function without the body, and what is asked.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct AuthorizerEvent<'a> {
    version: &'static str,
    r#type: &'static str,
    route_arn: String,
    identity_source: &'a [String],
    route_key: &'a str,
    raw_path: &'a str,
    raw_query_string: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cookies: Vec<String>,
    headers: JoinedValues<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    query_string_parameters: Option<JoinedValues<'a>>,
    request_context: RequestContext<'a>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    path_parameters: &'a BTreeMap<&'a str, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    stage_variables: &'a BTreeMap<String, String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Http<'a> {
    method: &'a str,
    path: &'a str,
    protocol: &'static str,
    source_ip: String,
    user_agent: String,
}

impl Incoming<'_> {
    /// The event of the function, as JSON, with what the authorizer said.
    pub(super) fn event(&self, authorizer: Option<&RawValue>) -> serde_json::Result<Bytes> {
        let path = decoded(self.parts.uri.path());
        let raw_query = self.parts.uri.query().unwrap_or_default();
        let query = MultiMap::from_query(raw_query);
        let headers = self.headers();
        let (body, is_base64_encoded) = self.body();
        let event = HttpEvent {
            version: "2.0",
            route_key: &self.matched.route.key,
            raw_path: &path,
            raw_query_string: raw_query,
            cookies: self.cookies(),
            headers: headers.joined_values(),
            query_string_parameters: (!query.is_empty()).then(|| query.joined_values()),
            path_parameters: &self.matched.path_parameters,
            stage_variables: &self.api.declared.stage_variables,
            request_context: RequestContext {
                authorizer,
                ..self.context(&path)
            },
            body,
            is_base64_encoded,
        };
        serde_json::to_vec(&event).map(Bytes::from)
    }

    /// The event of the authorizer, as JSON.
    pub(super) fn authorizer_event(&self, identity: &[String]) -> serde_json::Result<Bytes> {
        let path = decoded(self.parts.uri.path());
        let raw_query = self.parts.uri.query().unwrap_or_default();
        let query = MultiMap::from_query(raw_query);
        let headers = self.headers();
        let event = AuthorizerEvent {
            version: "2.0",
            r#type: "REQUEST",
            route_arn: self.route_arn(),
            identity_source: identity,
            route_key: &self.matched.route.key,
            raw_path: &path,
            raw_query_string: raw_query,
            cookies: self.cookies(),
            headers: headers.joined_values(),
            query_string_parameters: (!query.is_empty()).then(|| query.joined_values()),
            request_context: self.context(&path),
            path_parameters: &self.matched.path_parameters,
            stage_variables: &self.api.declared.stage_variables,
        };
        serde_json::to_vec(&event).map(Bytes::from)
    }

    /// What a policy has to allow, such as `arn:aws:execute-api:us-east-1:123456789012:abcd123456/prod/GET/pets/6`.
    pub(super) fn route_arn(&self) -> String {
        let options = &self.api.platform.options;
        let declared = &self.api.declared;
        let path = self.parts.uri.path();
        format!(
            "arn:aws:execute-api:{}:{}:{}/{}/{}{}",
            options.region,
            options.account_id,
            declared.api_id,
            declared.stage,
            self.parts.method,
            self.api.path_within(path).unwrap_or(path)
        )
    }

    fn context<'s>(&'s self, path: &'s str) -> RequestContext<'s> {
        let platform = &self.api.platform;
        let now = platform.clock.now();
        let host = platform.host_and_port().0;
        RequestContext {
            account_id: &platform.options.account_id,
            api_id: &self.api.declared.api_id,
            domain_name: &platform.options.host,
            domain_prefix: host.split('.').next().unwrap_or(host),
            http: Http {
                method: self.parts.method.as_str(),
                path,
                protocol: if self.parts.version == Version::HTTP_10 {
                    "HTTP/1.0"
                } else {
                    "HTTP/1.1"
                },
                source_ip: self.source_ip.to_string(),
                user_agent: user_agent(&self.parts.headers).unwrap_or_default(),
            },
            request_id: self.request_id,
            route_key: &self.matched.route.key,
            stage: &self.api.declared.stage,
            time: now.clf(),
            time_epoch: now.epoch_ms(),
            authorizer: None,
        }
    }

    /// In lower case, without cookies and what belongs to the connection alone, with what the gateway adds.
    fn headers(&self) -> MultiMap {
        let left_out = [CONNECTION, COOKIE, TRANSFER_ENCODING, UPGRADE];
        let given = self
            .parts
            .headers
            .iter()
            .filter(|(name, _)| !left_out.contains(name));
        let mut headers: MultiMap = given
            .map(|(name, value)| (name.to_string(), text(value)))
            .collect();
        for (name, value) in added_headers(&self.api.platform, &self.parts.headers, self.source_ip)
        {
            headers.set(name, value);
        }
        headers.set(CONTENT_LENGTH.as_str(), self.body.len().to_string());
        if !self.parts.headers.contains_key(CONTENT_TYPE) {
            headers.set(CONTENT_TYPE.as_str(), "text/plain; charset=utf-8");
        }
        headers
    }

    fn cookies(&self) -> Vec<String> {
        let headers = self.parts.headers.get_all(COOKIE).iter().map(text);
        let cookies = headers.flat_map(|header| {
            header
                .split(';')
                .map(|cookie| cookie.trim().to_owned())
                .collect::<Vec<_>>()
        });
        cookies.filter(|cookie| !cookie.is_empty()).collect()
    }

    /// The body and whether it is in base64: everything is that is not known to be text.
    fn body(&self) -> (Option<String>, bool) {
        if self.body.is_empty() {
            return (None, false);
        }
        let content_type = self.parts.headers.get(CONTENT_TYPE).map(text);
        let is_text = content_type.is_none_or(|content_type| is_text(&content_type));
        match std::str::from_utf8(self.body) {
            Ok(body) if is_text => (Some(body.to_owned()), false),
            _ => (Some(STANDARD.encode(self.body)), true),
        }
    }
}

/// Whether a body of this type goes to functions as it is. HTTP APIs encode forms, unlike REST APIs.
fn is_text(content_type: &str) -> bool {
    let essence = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    essence.starts_with("text/")
        || essence.ends_with("+json")
        || essence.ends_with("+xml")
        || matches!(
            essence.as_str(),
            "application/json" | "application/xml" | "application/javascript"
        )
}
