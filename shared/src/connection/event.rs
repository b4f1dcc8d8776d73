//! What a socket's function reads of its event. The rest, which is most of it, is passed over: to keep all of it took 37
//! allocations, and a tenth of the instructions of a message (docs/PERFORMANCE.md).

use std::time::Duration;

use serde::Deserialize;
use uuid::Uuid;

use super::{NoIdentity, Socket};

/// An event of API Gateway for `$connect`, for `$disconnect` or for a frame.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SocketEvent {
    request_context: Context,
    body: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Context {
    connection_id: Option<String>,
    /// Unix time in milliseconds.
    #[serde(default)]
    connected_at: i64,
    /// When this event was, likewise.
    #[serde(default)]
    request_time_epoch: i64,
    #[serde(default)]
    authorizer: Identity,
}

/// What our authorizer attaches to a socket. An id that is no UUID is an error of the event, before anybody asks whose it is.
#[derive(Debug, Default, Deserialize)]
struct Identity {
    user_id: Option<Uuid>,
    sign_in: Option<Uuid>,
    device_id: Option<String>,
    locale: Option<String>,
}

impl SocketEvent {
    /// Whose socket it is, and the frame; empty when there is none.
    pub fn into_parts(self) -> Result<(Socket, String), NoIdentity> {
        let Context {
            connection_id,
            connected_at,
            request_time_epoch,
            authorizer,
        } = self.request_context;
        let socket = Socket {
            connection_id: connection_id.ok_or(NoIdentity("connectionId"))?,
            user_id: authorizer.user_id.ok_or(NoIdentity("user_id"))?,
            sign_in: authorizer.sign_in.ok_or(NoIdentity("sign_in"))?,
            device_id: authorizer.device_id.ok_or(NoIdentity("device_id"))?,
            locale: authorizer.locale.ok_or(NoIdentity("locale"))?,
            age: age(connected_at, request_time_epoch),
        };
        Ok((socket, self.body.unwrap_or_default()))
    }
}

/// Zero where the event has no times.
fn age(connected_at: i64, now: i64) -> Duration {
    let millis = now - connected_at;
    let known = connected_at > 0;
    Duration::from_millis(millis.try_into().ok().filter(|_| known).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn event() -> Value {
        json!({
            "headers": {"Host": "abcd123456.execute-api.us-east-1.amazonaws.com"},
            "requestContext": {
                "routeKey": "$default",
                "connectedAt": 1_795_521_600_000_i64,
                "requestTimeEpoch": 1_795_521_660_000_i64,
                "connectionId": "ZLcDwdzWIAMCFYQ=",
                "authorizer": {
                    "principalId": "0192f3a4-5b6c-7d8e-9f01-23456789abcd",
                    "user_id": "0192f3a4-5b6c-7d8e-9f01-23456789abcd",
                    "sign_in": "0192f3a4-5b6c-7d8e-9f01-23456789abce",
                    "device_id": "phone",
                    "locale": "en",
                    "integrationLatency": 3,
                },
            },
            "body": "{\"type\":\"ping\"}",
        })
    }

    fn read(event: Value) -> Result<(Socket, String), NoIdentity> {
        let event: SocketEvent = serde_json::from_value(event).unwrap();
        event.into_parts()
    }

    #[test]
    fn it_says_whose_socket_it_is_how_old_and_what_was_sent() {
        let (socket, frame) = read(event()).unwrap();
        assert_eq!(socket.connection_id, "ZLcDwdzWIAMCFYQ=");
        assert_eq!(socket.device_id, "phone");
        assert_ne!(socket.user_id, socket.sign_in);
        assert_eq!(socket.age, Duration::from_secs(60));
        assert_eq!(frame, "{\"type\":\"ping\"}");
    }

    #[test]
    fn without_a_body_and_times_it_is_new_and_has_no_frame() {
        let mut event = event();
        event["body"] = Value::Null;
        let context = event["requestContext"].as_object_mut().unwrap();
        context.remove("connectedAt");
        let (socket, frame) = read(event).unwrap();
        assert_eq!(socket.age, Duration::ZERO);
        assert_eq!(frame, "");
    }

    #[test]
    fn what_is_missing_is_named() {
        for name in ["user_id", "sign_in", "device_id", "locale"] {
            let mut event = event();
            let identity = event["requestContext"]["authorizer"].as_object_mut();
            identity.unwrap().remove(name);
            assert_eq!(read(event).unwrap_err(), NoIdentity(name));
        }
        let mut event = event();
        let context = event["requestContext"].as_object_mut().unwrap();
        context.remove("authorizer");
        assert_eq!(read(event).unwrap_err(), NoIdentity("user_id"));
    }
}
