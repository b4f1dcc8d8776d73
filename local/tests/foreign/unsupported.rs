//! What one machine cannot do is refused with the line that asks for it, instead of being left out.

use std::{collections::BTreeMap, fs};

use local::template::{Site, Template};

const SAMPLE: &str = include_str!("template.yaml");

/// The error of the sample with something else in place of a line that it has once. In front of the message stands how
/// far below that line it points.
fn refused(line: &str, instead: &str) -> String {
    assert_eq!(SAMPLE.matches(line).count(), 1, "{line}");
    let (before, _) = SAMPLE.split_once(line).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("template.yaml");
    fs::write(&path, SAMPLE.replace(line, instead)).unwrap();
    let site = Site {
        address: "127.0.0.1:3000".to_owned(),
        state: folder.path().to_owned(),
        stack_name: "local".to_owned(),
    };
    let error = Template::load(&path, &BTreeMap::new(), &site).unwrap_err();
    let error = error.to_string();
    let place = error.strip_prefix(&format!("{}:", path.display())).unwrap();
    let (number, message) = place.split_once(": ").unwrap();
    let below = number.parse::<i64>().unwrap() - 1 - before.lines().count() as i64;
    format!("{below:+}: {message}")
}

const SEND_KEY: &str = "      RouteKey: sendmessage\n";
const SEND_ABOUT: &str = "      Description: Tells everybody\n";
const SEND_HANDLER: &str = "      Handler: send_message.handler\n";
const STAGE_NAME: &str = "      StageName: Prod\n";
const OUTPUTS: &str = "Outputs:\n";

#[test]
fn what_a_route_an_integration_or_a_stage_cannot_do_here_is_named_with_its_line() {
    for (line, instead, error) in [
        (
            SEND_KEY,
            "      RouteKey: sendmessage\n      ModelSelectionExpression: $request.body.kind\n",
            "+1: ModelSelectionExpression of SendRoute is not supported on one machine",
        ),
        (
            SEND_KEY,
            "      RouteKey: sendmessage\n      ApiKeyRequired: true\n",
            "+1: ApiKeyRequired true of SendRoute is not supported on one machine",
        ),
        (
            SEND_KEY,
            "      RouteKey: sendmessage\n      RequestModels: { $default: Draft }\n",
            "+1: RequestModels of SendRoute is not supported on one machine",
        ),
        (
            SEND_KEY,
            "      RouteKey: $connect\n",
            "+0: ChatRoom has the route $connect twice",
        ),
        (
            SEND_ABOUT,
            "      ContentHandlingStrategy: CONVERT_TO_BINARY\n",
            "+0: ContentHandlingStrategy of SendIntegration is not supported on one machine",
        ),
        (
            SEND_ABOUT,
            "      RequestTemplates: { $default: '{}' }\n",
            "+0: RequestTemplates of SendIntegration is not supported on one machine",
        ),
        (
            SEND_ABOUT,
            "      TimeoutInMillis: soon\n",
            "+0: TimeoutInMillis must be a whole number",
        ),
        (
            STAGE_NAME,
            "      StageName: Prod\n      ClientCertificateId: abc\n",
            "+1: ClientCertificateId of Stage is not supported on one machine",
        ),
    ] {
        assert_eq!(refused(line, instead), error);
    }
}

#[test]
fn what_a_function_or_another_resource_cannot_do_here_is_named_with_its_line() {
    let resource = |kind: &str| format!("  Other:\n    Type: {kind}\n{OUTPUTS}");
    for (line, instead, error) in [
        (
            SEND_HANDLER,
            format!("{SEND_HANDLER}      Layers: [!Ref Tools]\n"),
            "+1: Layers of SendMessage is not supported on one machine",
        ),
        (
            SEND_HANDLER,
            format!("{SEND_HANDLER}      InlineCode: exports.handler = ...\n"),
            "+1: InlineCode of SendMessage is not supported on one machine",
        ),
        (
            SEND_HANDLER,
            format!("{SEND_HANDLER}      PackageType: Image\n"),
            "+1: PackageType Image of SendMessage is not supported on one machine",
        ),
        (
            SEND_HANDLER,
            format!("{SEND_HANDLER}      Events: {{ Queue: {{ Type: SQS }} }}\n"),
            "+1: Type SQS of event Queue of SendMessage is not supported on one machine",
        ),
        (
            OUTPUTS,
            resource("AWS::ApiGatewayV2::IntegrationResponse"),
            "+1: AWS::ApiGatewayV2::IntegrationResponse (Other) is not supported on one machine",
        ),
        (
            OUTPUTS,
            resource("AWS::Lambda::EventSourceMapping"),
            "+1: AWS::Lambda::EventSourceMapping (Other) is not supported on one machine",
        ),
        (
            OUTPUTS,
            resource("AWS::Lambda::Function"),
            "+1: AWS::Lambda::Function (Other) is not supported on one machine",
        ),
        (
            OUTPUTS,
            resource("AWS::Scheduler::Schedule"),
            "+1: AWS::Scheduler::Schedule (Other) is not supported on one machine",
        ),
        (
            OUTPUTS,
            resource("AWS::Serverless::Application"),
            "+1: AWS::Serverless::Application (Other) is not supported on one machine",
        ),
    ] {
        assert_eq!(refused(line, &instead), error);
    }
}

#[test]
fn a_name_that_nothing_has_is_named_with_its_line() {
    let disconnect = "          - !Ref DisconnectIntegration\n";
    assert_eq!(
        refused(disconnect, "          - !Ref LeaveIntegration\n"),
        "+0: there is no LeaveIntegration"
    );
    assert_eq!(
        refused(disconnect, "          - Elsewhere\n"),
        "-3: there is no integration integrations/Elsewhere"
    );
    assert_eq!(
        refused(
            SEND_HANDLER,
            "      Timeout: !FindInMap [Limits, Send, Seconds]\n"
        ),
        "+0: there is no mapping Limits.Send.Seconds"
    );
}
