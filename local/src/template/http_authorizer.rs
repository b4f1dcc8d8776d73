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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::{Throttle, tests::load};

    #[test]
    fn an_http_api_declares_authorizers_and_its_routes_name_them() {
        let template = load(
        "  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      Auth:
        DefaultAuthorizer: Token
        Authorizers:
          Token:
            AuthorizerPayloadFormatVersion: 2.0
            EnableSimpleResponses: true
            FunctionArn: !GetAtt F.Arn
            Identity: { Headers: [Authorization], QueryStrings: [key], ReauthorizeEvery: 60 }
          Policy: { AuthorizerPayloadFormatVersion: 2.0, FunctionArn: !GetAtt F.Arn }
  F:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Default: { Type: HttpApi, Properties: { ApiId: !Ref Api, Path: /a, Method: GET } }
        Named: { Type: HttpApi, Properties: { ApiId: !Ref Api, Path: /b, Method: GET, Auth: { Authorizer: Policy } } }
        Open: { Type: HttpApi, Properties: { ApiId: !Ref Api, Path: /c, Method: GET, Auth: { Authorizer: NONE } } }
",
    )
    .unwrap();
        let [api] = template.http_apis.as_slice() else {
            panic!("{template:?}")
        };
        let named = api.routes.iter().map(|route| route.authorizer.as_deref());
        assert_eq!(
            named.collect::<Vec<_>>(),
            [Some("Token"), Some("Policy"), None]
        );
        let expected = HttpAuthorizer {
            function: "F".to_owned(),
            identity_sources: vec![
                "$request.header.Authorization".to_owned(),
                "$request.querystring.key".to_owned(),
            ],
            simple_responses: true,
            result_ttl: Duration::from_secs(60),
        };
        assert_eq!(api.authorizers["Token"], expected);
        assert!(api.authorizers["Policy"].identity_sources.is_empty());
    }

    #[test]
    fn an_authorizer_that_cannot_be_run_is_an_error() {
        let api = "  Api:\n    Type: AWS::Serverless::HttpApi\n    Properties:\n      Auth:\n";
        for (auth, error) in [
            (
                "        DefaultAuthorizer: Nope\n",
                "6: there is no authorizer Nope",
            ),
            (
                "        Authorizers:\n          Jwt: { JwtConfiguration: { issuer: x } }\n",
                "7: JwtConfiguration of Jwt of Authorizers of Auth of Api is not supported on one machine",
            ),
            (
                "        Authorizers:\n          Old: { AuthorizerPayloadFormatVersion: 1.0, FunctionArn: x }\n",
                "7: AuthorizerPayloadFormatVersion 1.0 of Old of Authorizers of Auth of Api is not supported on one machine",
            ),
        ] {
            let text = format!("{api}{auth}");
            assert_eq!(load(&text).unwrap_err(), format!("template.yaml:{error}"));
        }
    }

    #[test]
    fn raw_routes_name_authorizers_and_raw_stages_throttle_them() {
        let template = load(
        "  Api: { Type: AWS::ApiGatewayV2::Api, Properties: { ProtocolType: HTTP } }
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties:
      ApiId: !Ref Api
      StageName: $default
      DefaultRouteSettings: { ThrottlingRateLimit: 0.5, DetailedMetricsEnabled: true }
      RouteSettings:
        GET /a: { ThrottlingBurstLimit: 7, ThrottlingRateLimit: 20 }
  Authorizer:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties:
      ApiId: !Ref Api
      AuthorizerPayloadFormatVersion: '2.0'
      AuthorizerResultTtlInSeconds: 30
      AuthorizerType: REQUEST
      AuthorizerUri: !GetAtt F.Arn
      EnableSimpleResponses: true
      IdentitySource: [$request.header.Authorization]
  Integration:
    Type: AWS::ApiGatewayV2::Integration
    Properties: { ApiId: !Ref Api, IntegrationType: AWS_PROXY, IntegrationUri: !GetAtt F.Arn, PayloadFormatVersion: '2.0' }
  Route:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref Api
      AuthorizationType: CUSTOM
      AuthorizerId: !Ref Authorizer
      RouteKey: GET /a
      Target: !Sub integrations/${Integration}
  F: { Type: AWS::Serverless::Function }
",
    )
    .unwrap();
        let [api] = template.http_apis.as_slice() else {
            panic!("{template:?}")
        };
        let name = api.routes[0].authorizer.as_deref().unwrap();
        let authorizer = &api.authorizers[name];
        assert_eq!(authorizer.result_ttl, Duration::from_secs(30));
        assert_eq!(
            authorizer.identity_sources,
            ["$request.header.Authorization"]
        );
        let throttle = |rate, burst| Some(Throttle { rate, burst });
        assert_eq!(api.throttles.of("GET /a"), throttle(20.0, 7));
        assert_eq!(api.throttles.of("GET /b"), throttle(0.5, 5_000));
    }
}
