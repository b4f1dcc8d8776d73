//! What `$disconnect` receives.

use std::collections::BTreeMap;

use serde::Serialize;

use super::RequestContext;
use crate::gateway::socket::api::SocketApi;

/// What `$disconnect` receives: whatever the client sent when it connected, AWS sends these four headers.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DisconnectEvent<'a> {
    headers: Headers<&'a str>,
    multi_value_headers: Headers<[&'a str; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stage_variables: Option<&'a BTreeMap<String, String>>,
    request_context: RequestContext<'a>,
    is_base64_encoded: bool,
}

#[derive(Debug, Serialize)]
struct Headers<V> {
    #[serde(rename = "Host")]
    host: V,
    #[serde(rename = "x-api-key")]
    api_key: V,
    #[serde(rename = "X-Forwarded-For")]
    forwarded_for: V,
    #[serde(rename = "x-restapi")]
    rest_api: V,
}

impl<'a> DisconnectEvent<'a> {
    pub(crate) fn new(api: &'a SocketApi, request_context: RequestContext<'a>) -> Self {
        let host = api.platform.options.host.as_str();
        Self {
            headers: Headers {
                host,
                api_key: "",
                forwarded_for: "",
                rest_api: "",
            },
            multi_value_headers: Headers {
                host: [host],
                api_key: [""],
                forwarded_for: [""],
                rest_api: [""],
            },
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
            end::End,
            event::{DisconnectEvent, EventKind, RequestContext},
            sample,
        },
    };

    #[test]
    fn a_disconnect_event_is_what_aws_sends() {
        let api = sample::api();
        let opening = sample::opening("/prod?token=x");
        let end = End::from_client(None);
        let context = RequestContext::new(
            EventKind::Disconnect,
            "$disconnect",
            &api,
            &opening.peer,
            "PJqDeE3YqRcF7tQ=",
            Moment::from_epoch_ms(1_707_502_320_000),
        )
        .ended(&end);
        insta::assert_json_snapshot!(DisconnectEvent::new(&api, context), @r#"
        {
          "headers": {
            "Host": "localhost:3000",
            "x-api-key": "",
            "X-Forwarded-For": "",
            "x-restapi": ""
          },
          "multiValueHeaders": {
            "Host": [
              "localhost:3000"
            ],
            "x-api-key": [
              ""
            ],
            "X-Forwarded-For": [
              ""
            ],
            "x-restapi": [
              ""
            ]
          },
          "requestContext": {
            "routeKey": "$disconnect",
            "disconnectStatusCode": 1005,
            "disconnectReason": "Client-side close frame status not set",
            "eventType": "DISCONNECT",
            "extendedRequestId": "PJqDeE3YqRcF7tQ=",
            "requestTime": "09/Feb/2024:18:12:00 +0000",
            "messageDirection": "IN",
            "stage": "prod",
            "connectedAt": 1707502303419,
            "requestTimeEpoch": 1707502320000,
            "identity": {
              "sourceIp": "192.0.2.1",
              "userAgent": "Browser/1"
            },
            "requestId": "PJqDeE3YqRcF7tQ=",
            "domainName": "localhost:3000",
            "connectionId": "PJqB0fHsqRcCHlw=",
            "apiId": "abcd123456"
          },
          "isBase64Encoded": false
        }
        "#);
    }
}
