//! What the route of a message receives.

use std::collections::BTreeMap;

use serde::Serialize;

use super::RequestContext;

/// What the route of a message receives: no headers and no query string, those came with `$connect`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MessageEvent<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stage_variables: Option<&'a BTreeMap<String, String>>,
    pub(crate) request_context: RequestContext<'a>,
    pub(crate) body: &'a str,
    pub(crate) is_base64_encoded: bool,
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use crate::gateway::{
        clock::Moment,
        socket::{
            event::{EventKind, MessageEvent, RequestContext},
            sample,
        },
    };

    #[test]
    fn a_message_event_is_what_aws_sends() {
        let api = sample::api();
        let opening = sample::opening("/prod");
        let authorizer = RawValue::from_string(
            r#"{"principalId":"me","integrationLatency":123,"key":"value"}"#.to_owned(),
        )
        .unwrap();
        let event = MessageEvent {
            stage_variables: api.stage_variables(),
            request_context: RequestContext::new(
                EventKind::Message,
                "sendmessage",
                &api,
                &opening.peer,
                "PJqCeE3YqRcF7tQ=",
                Moment::from_epoch_ms(1_707_502_310_000),
            )
            .with_message_id()
            .authorized(Some(&authorizer)),
            body: r#"{"action":"sendmessage"}"#,
            is_base64_encoded: false,
        };
        let event = serde_json::to_value(event).unwrap();
        insta::assert_json_snapshot!(event, { ".requestContext.messageId" => "[message id]" }, @r#"
        {
          "body": "{\"action\":\"sendmessage\"}",
          "isBase64Encoded": false,
          "requestContext": {
            "apiId": "abcd123456",
            "authorizer": {
              "integrationLatency": 123,
              "key": "value",
              "principalId": "me"
            },
            "connectedAt": 1707502303419,
            "connectionId": "PJqB0fHsqRcCHlw=",
            "domainName": "localhost:3000",
            "eventType": "MESSAGE",
            "extendedRequestId": "PJqCeE3YqRcF7tQ=",
            "identity": {
              "sourceIp": "192.0.2.1",
              "userAgent": "Browser/1"
            },
            "messageDirection": "IN",
            "messageId": "[message id]",
            "requestId": "PJqCeE3YqRcF7tQ=",
            "requestTime": "09/Feb/2024:18:11:50 +0000",
            "requestTimeEpoch": 1707502310000,
            "routeKey": "sendmessage",
            "stage": "prod"
          }
        }
        "#);
    }
}
