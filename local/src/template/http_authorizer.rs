//! Lambda authorizers of HTTP APIs.

use std::{collections::BTreeMap, time::Duration};

use super::{
    error::{Fault, Problem},
    properties::{Known, Properties},
};

/// A Lambda authorizer of an HTTP API, with payload format 2.0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpAuthorizer {
    /// Logical id of its function.
    pub function: String,
    /// Such as `$request.header.Authorization`; one that is missing answers 401 without a call.
    pub identity_sources: Vec<String>,
    /// Whether it returns `{"isAuthorized": …}` and not a policy.
    pub simple_responses: bool,
    /// How long its result counts for the same identity; zero for one request. At most an hour, and not at all without
    /// an identity source.
    pub result_ttl: Duration,
}

/// The authorizers of an API, and the one of routes that name none.
#[derive(Debug, Default)]
pub(super) struct Declared {
    pub(super) authorizers: BTreeMap<String, HttpAuthorizer>,
    pub(super) default: Option<String>,
}

const AUTH: Known = Known {
    read: &["Authorizers", "DefaultAuthorizer", "EnableIamAuthorizer"],
    without_effect: &[],
    warned: &[],
};

/// Anything of an OAuth 2.0 authorizer is an error that names it.
const AUTHORIZER: Known = Known {
    read: &[
        "AuthorizerPayloadFormatVersion",
        "EnableSimpleResponses",
        "FunctionArn",
        "Identity",
    ],
    without_effect: &["EnableFunctionDefaultPermissions", "FunctionInvokeRole"],
    warned: &[],
};

const IDENTITY: Known = Known {
    read: &[
        "Context",
        "Headers",
        "QueryStrings",
        "ReauthorizeEvery",
        "StageVariables",
    ],
    without_effect: &[],
    warned: &[],
};

/// `Auth` of an `AWS::Serverless::HttpApi`.
pub(super) fn read(api: &Properties<'_>) -> Result<Declared, Fault> {
    let Some(auth) = api.within("Auth")? else {
        return Ok(Declared::default());
    };
    auth.check(&AUTH)?;
    auth.only("EnableIamAuthorizer", &["false"])?;
    let mut authorizers = BTreeMap::new();
    if let Some(declared) = auth.within("Authorizers")? {
        for name in declared.names() {
            if let Some(authorizer) = declared.within(name)? {
                authorizers.insert(name.to_owned(), read_one(&authorizer)?);
            }
        }
    }
    let default = auth.text("DefaultAuthorizer")?;
    if let Some(name) = &default
        && !authorizers.contains_key(name)
    {
        let problem = Problem::Unknown(format!("authorizer {name}"));
        return Err(problem.at(auth.line_of("DefaultAuthorizer")));
    }
    Ok(Declared {
        authorizers,
        default,
    })
}

fn read_one(authorizer: &Properties<'_>) -> Result<HttpAuthorizer, Fault> {
    authorizer.check(&AUTHORIZER)?;
    authorizer.required("AuthorizerPayloadFormatVersion")?;
    authorizer.only("AuthorizerPayloadFormatVersion", &["2.0"])?;
    let mut identity_sources = Vec::new();
    let mut result_ttl = Duration::ZERO;
    if let Some(identity) = authorizer.within("Identity")? {
        identity.check(&IDENTITY)?;
        for (property, prefix) in [
            ("Headers", "$request.header."),
            ("QueryStrings", "$request.querystring."),
            ("StageVariables", "$stageVariables."),
            ("Context", "$context."),
        ] {
            let names = identity.texts(property)?;
            identity_sources.extend(names.iter().map(|name| format!("{prefix}{name}")));
        }
        result_ttl = seconds(&identity, "ReauthorizeEvery")?;
    }
    Ok(HttpAuthorizer {
        function: authorizer.function("FunctionArn")?,
        identity_sources,
        simple_responses: authorizer.flag("EnableSimpleResponses")?.unwrap_or(false),
        result_ttl,
    })
}

/// Seconds; API Gateway caches nothing unless it is told to.
pub(super) fn seconds(properties: &Properties<'_>, name: &str) -> Result<Duration, Fault> {
    let seconds = properties.number(name)?.unwrap_or(0);
    Ok(Duration::from_secs(seconds.into()))
}
