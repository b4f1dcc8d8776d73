//! What `$connect` receives.

use std::collections::BTreeMap;

use serde::Serialize;

use super::RequestContext;
use crate::gateway::{
    multimap::{LastValues, MultiMap},
    socket::{api::SocketApi, opening::Opening},
};

/// What `$connect` receives: the headers without `Connection` and `Upgrade`, which only the authorizer sees, and the
/// query string, which is absent rather than null when the client sent none.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConnectEvent<'a> {
    headers: LastValues<'a>,
    multi_value_headers: &'a BTreeMap<String, Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    query_string_parameters: Option<LastValues<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    multi_value_query_string_parameters: Option<&'a BTreeMap<String, Vec<String>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stage_variables: Option<&'a BTreeMap<String, String>>,
    request_context: RequestContext<'a>,
    is_base64_encoded: bool,
}

impl<'a> ConnectEvent<'a> {
    pub(crate) fn new(
        opening: &'a Opening,
        api: &'a SocketApi,
        request_context: RequestContext<'a>,
    ) -> Self {
        let query = Some(&opening.query).filter(|query| !query.is_empty());
        Self {
            headers: opening.headers.last_values(),
            multi_value_headers: opening.headers.all_values(),
            query_string_parameters: query.map(MultiMap::last_values),
            multi_value_query_string_parameters: query.map(MultiMap::all_values),
            stage_variables: api.stage_variables(),
            request_context,
            is_base64_encoded: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::gateway::{
        clock::Moment,
        socket::{
            event::{ConnectEvent, EventKind, RequestContext},
            sample,
        },
    };

    #[test]
    fn a_connect_event_is_what_aws_sends() {
        let api = sample::api();
        let opening = sample::opening("/prod?token=x&room=1&room=2");
        let context = RequestContext::new(
            EventKind::Connect,
            "$connect",
            &api,
            &opening.peer,
            "PJqB0E1tKRcF-Qw=",
            Moment::from_epoch_ms(1_707_502_303_420),
        );
        insta::assert_json_snapshot!(
            ConnectEvent::new(&opening, &api, context), @r#"
            {
              "headers": {
                "Host": "localhost:3000",
                "Origin": "http://localhost:3000",
                "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
                "Sec-WebSocket-Version": "13",
                "User-Agent": "Browser/1",
                "X-Amzn-Trace-Id": "Root=1-65c66adf-0123456789abcdef01234567",
                "X-Forwarded-For": "192.0.2.1",
                "X-Forwarded-Port": "3000",
                "X-Forwarded-Proto": "http"
              },
              "multiValueHeaders": {
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
                ]
              },
              "queryStringParameters": {
                "room": "2",
                "token": "x"
              },
              "multiValueQueryStringParameters": {
                "room": [
                  "1",
                  "2"
                ],
                "token": [
                  "x"
                ]
              },
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
              },
              "isBase64Encoded": false
            }
            "#);
    }

    #[test]
    fn without_a_query_string_its_members_are_absent() {
        let api = sample::api();
        let opening = sample::opening("/prod");
        let context = RequestContext::new(
            EventKind::Connect,
            "$connect",
            &api,
            &opening.peer,
            "id",
            Moment::from_epoch_ms(0),
        );
        let event = serde_json::to_value(ConnectEvent::new(&opening, &api, context)).unwrap();
        let members: Vec<&String> = event.as_object().unwrap().keys().collect();
        assert_eq!(
            members,
            [
                "headers",
                "isBase64Encoded",
                "multiValueHeaders",
                "requestContext"
            ]
        );
    }
}
