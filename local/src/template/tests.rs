//! Whole templates.

mod own;

use std::{collections::BTreeMap, fs, path::Path, time::Duration};

use super::{Site, Template};

fn load_with(path: &Path, parameters: &[(&str, &str)]) -> Result<Template, String> {
    let state = tempfile::tempdir().unwrap();
    let site = Site {
        address: "127.0.0.1:3000".to_owned(),
        state: state.path().to_owned(),
        stack_name: "local".to_owned(),
    };
    let parameters = parameters
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Template::load(path, &parameters, &site).map_err(|error| error.to_string())
}

/// A template whose resources are `text`; the first of their lines is line 2.
pub(super) fn load(text: &str) -> Result<Template, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("template.yaml");
    fs::write(&path, format!("Resources:\n{text}")).unwrap();
    load_with(&path, &[])
        .map_err(|error| error.replace(&format!("{}/", folder.path().display()), ""))
}

#[test]
fn an_event_without_an_api_makes_the_implicit_one() {
    let template = load(
        "  F:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: named
      Events:
        All: { Type: HttpApi }
        Any: { Type: HttpApi, Properties: { Path: /pets, Method: any, TimeoutInMillis: 5000 } }
        Off: { Type: Schedule, Properties: { Schedule: 'cron(0 10 * * ? *)', Enabled: false, Input: '{}' } }
",
    )
    .unwrap();
    let [api] = template.http_apis.as_slice() else {
        panic!("{template:?}")
    };
    let keys: Vec<_> = api
        .routes
        .iter()
        .map(|route| (route.key.as_str(), route.integration_timeout.as_secs()))
        .collect();
    assert_eq!(
        (api.name.as_str(), keys),
        (
            "ServerlessHttpApi",
            vec![("$default", 30), ("ANY /pets", 5)]
        )
    );
    let function = &template.functions["F"];
    assert_eq!(
        (function.name.as_str(), function.binary.as_deref()),
        ("named", None)
    );
    assert_eq!(
        (function.timeout, function.memory_mb),
        (Duration::from_secs(3), 128)
    );
    let [off] = template.schedules.as_slice() else {
        panic!("{template:?}")
    };
    assert_eq!(
        (off.name.as_str(), off.enabled, off.input.as_deref()),
        ("FOff", false, Some("{}"))
    );
}

#[test]
fn the_long_form_of_a_websocket_api_is_the_same_api() {
    let template = load(
        "  Api: { Type: AWS::ApiGatewayV2::Api, Properties: { Name: x, ProtocolType: WEBSOCKET, RouteSelectionExpression: $request.body.action } }
  Stage: { Type: AWS::ApiGatewayV2::Stage, Properties: { ApiId: !Ref Api, StageName: dev, StageVariables: { k: v }, DeploymentId: !Ref Deployment } }
  Deployment: { Type: AWS::ApiGatewayV2::Deployment, DependsOn: [Connect], Properties: { ApiId: !Ref Api } }
  F: { Type: AWS::Serverless::Function }
  Permission: { Type: AWS::Lambda::Permission, Properties: { FunctionName: !Ref F } }
  Integration:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: AWS_PROXY
      IntegrationUri: !Sub arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${F.Arn}/invocations
      TimeoutInMillis: 1000
  Authorizer:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties: { ApiId: !Ref Api, AuthorizerType: REQUEST, AuthorizerUri: !GetAtt F.Arn, IdentitySource: [route.request.querystring.token] }
  Connect:
    Type: AWS::ApiGatewayV2::Route
    Properties: { ApiId: !Ref Api, RouteKey: $connect, AuthorizationType: CUSTOM, AuthorizerId: !Ref Authorizer }
  Send:
    Type: AWS::ApiGatewayV2::Route
    Properties: { ApiId: !Ref Api, RouteKey: send, Target: !Join [/, [integrations, !Ref Integration]], RouteResponseSelectionExpression: $default }
  Answer: { Type: AWS::ApiGatewayV2::RouteResponse, Properties: { ApiId: !Ref Api, RouteId: !Ref Send, RouteResponseKey: $default } }
",
    )
    .unwrap();
    let [api] = template.websocket_apis.as_slice() else {
        panic!("{template:?}")
    };
    assert_eq!(
        (api.stage.as_str(), api.stage_variables["k"].as_str()),
        ("dev", "v")
    );
    assert_eq!(api.authorizer.as_ref().unwrap().function, "F");
    let (connect, send) = (&api.routes["$connect"], &api.routes["send"]);
    assert_eq!(
        (connect.function.as_deref(), connect.two_way),
        (None, false)
    );
    assert_eq!((send.function.as_deref(), send.two_way), (Some("F"), true));
    assert_eq!(send.integration_timeout, Duration::from_secs(1));
}

#[test]
fn the_long_form_of_an_http_api_is_the_same_api() {
    let template = load(
        "  Api: { Type: AWS::ApiGatewayV2::Api, Properties: { Name: x, ProtocolType: HTTP, CorsConfiguration: { AllowOrigins: ['*'] } } }
  Stage: { Type: AWS::ApiGatewayV2::Stage, Properties: { ApiId: !Ref Api, StageName: $default, AutoDeploy: true } }
  F: { Type: AWS::Serverless::Function }
  Integration:
    Type: AWS::ApiGatewayV2::Integration
    Properties: { ApiId: !Ref Api, IntegrationType: AWS_PROXY, IntegrationUri: !GetAtt F.Arn, PayloadFormatVersion: '2.0' }
  Pets:
    Type: AWS::ApiGatewayV2::Route
    Properties: { ApiId: !Ref Api, RouteKey: GET /pets, Target: !Sub 'integrations/${Integration}' }
",
    )
    .unwrap();
    let [api] = template.http_apis.as_slice() else {
        panic!("{template:?}")
    };
    assert_eq!(
        (
            api.stage.as_str(),
            api.cors.as_ref().unwrap().allow_origins.len()
        ),
        ("$default", 1)
    );
    assert_eq!(
        (api.routes[0].key.as_str(), api.routes[0].function.as_str()),
        ("GET /pets", "F")
    );
}

#[test]
fn globals_are_merged_below_what_a_function_declares() {
    let template = load(
        "  F:
    Type: AWS::Serverless::Function
    Properties:
      Timeout: 7
      Environment: { Variables: { OWN: '1', BOTH: own } }
Globals:
  Function:
    Timeout: 20
    MemorySize: 256
    Environment: { Variables: { BOTH: global, GLOBAL: !Ref AWS::Region } }
",
    )
    .unwrap();
    let function = &template.functions["F"];
    assert_eq!((function.timeout.as_secs(), function.memory_mb), (7, 256));
    let variables = [("BOTH", "own"), ("GLOBAL", "us-east-1"), ("OWN", "1")];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(function.environment, BTreeMap::from(variables));
}

#[test]
fn a_function_ignores_the_globals_that_it_names() {
    let globals = "Globals: { Function: { Timeout: 20, MemorySize: 256 } }\n";
    let seen = |ignored: &str| {
        let template = load(&format!(
            "  F: {{ Type: AWS::Serverless::Function, IgnoreGlobals: {ignored} }}\n{globals}"
        ));
        let function = template.unwrap().functions.remove("F").unwrap();
        (function.timeout.as_secs(), function.memory_mb)
    };
    assert_eq!(seen("[]"), (20, 256));
    assert_eq!(seen("[Timeout]"), (3, 256));
    assert_eq!(seen("'*'"), (3, 128));
}

#[test]
fn resources_without_a_meaning_here_and_those_whose_condition_fails_are_skipped() {
    let template = load(
        "  Role: { Type: AWS::IAM::Role, Properties: { Anything: !GetAtt Nothing.Arn } }
  Database: { Type: AWS::RDS::DBInstance }
  Rest: { Type: AWS::Serverless::Api, Condition: Never }
Conditions: { Never: !Equals [a, b] }
",
    )
    .unwrap();
    assert!(template.functions.is_empty() && template.http_apis.is_empty());
}

#[test]
fn what_cannot_be_run_is_an_error_with_its_line() {
    let function = "  F:\n    Type: AWS::Serverless::Function\n    Properties:\n";
    for (text, error) in [
        (
            "  Rest:\n    Type: AWS::Serverless::Api\n".to_owned(),
            "3: AWS::Serverless::Api (Rest is a REST API; use AWS::Serverless::HttpApi) is not supported on one machine",
        ),
        (
            "  Machine:\n    Type: AWS::Serverless::StateMachine\n".to_owned(),
            "3: AWS::Serverless::StateMachine (Machine) is not supported on one machine",
        ),
        (format!("{function}      Layers: [x]\n"), "5: Layers of F is not supported on one machine"),
        (format!("{function}      Typo: 1\n"), "5: Typo of F is not supported on one machine"),
        (format!("{function}      Runtime: python3.13\n"), "5: Runtime python3.13 without a file bootstrap in . of F is not supported on one machine"),
        (format!("{function}      Timeout: soon\n"), "5: Timeout must be a whole number"),
        (format!("{function}      Timeout: 901\n"), "5: Timeout must be from 1 to 900 seconds"),
        (
            format!("{function}      CapacityProviderConfig: {{ Arn: a, PerExecutionEnvironmentMaxConcurrency: 1601 }}\n"),
            "5: PerExecutionEnvironmentMaxConcurrency must be from 1 to 1600",
        ),
        (
            format!("{function}      CapacityProviderConfig: {{ Arn: a, PerExecutionEnvironmentMaxConcurrency: 0 }}\n"),
            "5: PerExecutionEnvironmentMaxConcurrency must be from 1 to 1600",
        ),
        (
            format!("{function}      Events:\n        Queue: {{ Type: SQS }}\n"),
            "6: Type SQS of event Queue of F is not supported on one machine",
        ),
        (
            format!("{function}      Events:\n        Tick: {{ Type: Schedule, Properties: {{ Schedule: rate(1 minutes) }} }}\n"),
            "6: rate(1 minutes) is not a rate: write a positive number and minute, hour or day, with an s unless the number is 1",
        ),
        (
            format!("{function}      Environment:\n        Variables:\n          A: 1\n          URL: !GetAtt Db.Address\n  Db: {{ Type: AWS::RDS::DBInstance }}\n"),
            "8: Db.Address has no value on one machine: pass the value as a parameter",
        ),
        (
            "  Socket:\n    Type: AWS::Serverless::WebSocketApi\n    Properties:\n      RouteSelectionExpression: x\n      Routes:\n        $connect: { FunctionArn: !GetAtt Nope.Arn }\n".to_owned(),
            "7: there is no Nope",
        ),
        (
            "  Response:\n    Type: AWS::ApiGatewayV2::RouteResponse\n    Properties:\n      ApiId: x\n      RouteId: y\n      RouteResponseKey: $default\n".to_owned(),
            "6: there is no route y",
        ),
        (
            "  Api:\n    Type: AWS::ApiGatewayV2::Api\n    Properties: { ProtocolType: HTTP }\n".to_owned(),
            "3: Api needs an AWS::ApiGatewayV2::Stage",
        ),
        (
            "  Mock:\n    Type: AWS::ApiGatewayV2::Integration\n    Properties:\n      IntegrationType: MOCK\n".to_owned(),
            "5: IntegrationType MOCK of Mock is not supported on one machine",
        ),
    ] {
        assert_eq!(load(&text).unwrap_err(), format!("template.yaml:{error}"));
    }
}

#[test]
fn an_override_of_no_parameter_is_an_error() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../template.yaml");
    let error = load_with(&path, &[("DatabaseURL", "x")]).unwrap_err();
    assert!(
        error.ends_with("template.yaml: there is no parameter DatabaseURL"),
        "{error}"
    );
}
