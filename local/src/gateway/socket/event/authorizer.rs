//! What the authorizer of `$connect` receives.

use std::collections::BTreeMap;

use serde::Serialize;

use super::RequestContext;
use crate::gateway::{
    multimap::LastValues,
    socket::{api::SocketApi, opening::Opening},
};

/// What the authorizer of `$connect` receives: unlike `$connect` itself all headers, and empty maps where nothing is.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuthorizerEvent<'a> {
    r#type: &'static str,
    method_arn: &'a str,
    headers: LastValues<'a>,
    multi_value_headers: &'a BTreeMap<String, Vec<String>>,
    query_string_parameters: LastValues<'a>,
    multi_value_query_string_parameters: &'a BTreeMap<String, Vec<String>>,
    stage_variables: &'a BTreeMap<String, String>,
    request_context: RequestContext<'a>,
}

impl<'a> AuthorizerEvent<'a> {
    pub(crate) fn new(
        method_arn: &'a str,
        opening: &'a Opening,
        api: &'a SocketApi,
        request_context: RequestContext<'a>,
    ) -> Self {
        Self {
            r#type: "REQUEST",
            method_arn,
            headers: opening.all_headers.last_values(),
            multi_value_headers: opening.all_headers.all_values(),
            query_string_parameters: opening.query.last_values(),
            multi_value_query_string_parameters: opening.query.all_values(),
            stage_variables: &api.declared.stage_variables,
            request_context,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::gateway::{
        clock::Moment,
        socket::{
            event::{AuthorizerEvent, EventKind, RequestContext},
            sample,
        },
    };

    #[test]
    fn an_authorizer_event_is_what_aws_sends() {
        let api = sample::api();
        let opening = sample::opening("/prod");
        let context = RequestContext::new(
            EventKind::Connect,
            "$connect",
            &api,
            &opening.peer,
            "PJqB0E1tKRcF-Qw=",
            Moment::from_epoch_ms(1_707_502_303_420),
        );
        let arn = api.arn("$connect");
        insta::assert_json_snapshot!(
            AuthorizerEvent::new(&arn, &opening, &api, context), @r#"
            {
              "type": "REQUEST",
              "methodArn": "arn:aws:execute-api:us-east-1:123456789012:abcd123456/prod/$connect",
              "headers": {
                "Connection": "keep-alive, Upgrade",
                "Host": "localhost:3000",
                "Origin": "http://localhost:3000",
                "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
                "Sec-WebSocket-Version": "13",
                "Upgrade": "websocket",
                "User-Agent": "Browser/1",
                "X-Amzn-Trace-Id": "Root=1-65c66adf-0123456789abcdef01234567",
                "X-Forwarded-For": "192.0.2.1",
                "X-Forwarded-Port": "3000",
                "X-Forwarded-Proto": "http",
                "content-length": "0"
              },
              "multiValueHeaders": {
                "Connection": [
                  "keep-alive, Upgrade"
                ],
                "Host": [
                  "localhost:3000"
                ],
                "Origin": [
                  "http://localhost:3000"
                ],
                "Sec-WebSocket-Key": [
                  "dGhlIHNhbXBsZSBub25jZQ=="
                ],
                "Sec-WebSocket-Version": [
                  "13"
                ],
                "Upgrade": [
                  "websocket"
                ],
                "User-Agent": [
                  "Browser/1"
                ],
                "X-Amzn-Trace-Id": [
                  "Root=1-65c66adf-0123456789abcdef01234567"
                ],
                "X-Forwarded-For": [
                  "192.0.2.1"
                ],
                "X-Forwarded-Port": [
                  "3000"
                ],
                "X-Forwarded-Proto": [
                  "http"
                ],
                "content-length": [
                  "0"
                ]
              },
              "queryStringParameters": {},
              "multiValueQueryStringParameters": {},
              "stageVariables": {},
              "requestContext": {
                "routeKey": "$connect",
                "eventType": "CONNECT",
                "extendedRequestId": "PJqB0E1tKRcF-Qw=",
                "requestTime": "09/Feb/2024:18:11:43 +0000",
                "messageDirection": "IN",
                "stage": "prod",
                "connectedAt": 1707502303419,
                "requestTimeEpoch": 1707502303420,
                "identity": {
                  "sourceIp": "192.0.2.1",
                  "userAgent": "Browser/1"
                },
                "requestId": "PJqB0E1tKRcF-Qw=",
                "domainName": "localhost:3000",
                "connectionId": "PJqB0fHsqRcCHlw=",
                "apiId": "abcd123456"
              }
            }
            "#);
    }
}
