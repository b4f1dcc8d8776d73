//! `requestContext`, which every event of a WebSocket API has.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::gateway::{
    clock::Moment,
    id::new_id,
    socket::{api::SocketApi, end::End, peer::Peer},
};

/// What happened.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum EventKind {
    Connect,
    Message,
    Disconnect,
}

/// `requestContext`. A member that does not apply is absent, never null.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RequestContext<'a> {
    route_key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    disconnect_status_code: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disconnect_reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<String>,
    event_type: EventKind,
    extended_request_id: &'a str,
    request_time: String,
    message_direction: &'static str,
    stage: &'a str,
    connected_at: i64,
    request_time_epoch: i64,
    identity: Identity<'a>,
    request_id: &'a str,
    domain_name: &'a str,
    connection_id: &'a str,
    api_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorizer: Option<&'a RawValue>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Identity<'a> {
    source_ip: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<&'a str>,
}

impl<'a> RequestContext<'a> {
    /// For an event on `route_key` that happens at `now`. `extendedRequestId` equals `requestId`, as on AWS.
    pub(crate) fn new(
        kind: EventKind,
        route_key: &'a str,
        api: &'a SocketApi,
        peer: &'a Peer,
        request_id: &'a str,
        now: Moment,
    ) -> Self {
        Self {
            route_key,
            disconnect_status_code: None,
            disconnect_reason: None,
            message_id: None,
            event_type: kind,
            extended_request_id: request_id,
            request_time: now.clf(),
            message_direction: "IN",
            stage: api.stage(),
            connected_at: peer.connected_at.epoch_ms(),
            request_time_epoch: now.epoch_ms(),
            identity: Identity {
                source_ip: &peer.source_ip,
                user_agent: peer.user_agent.as_deref(),
            },
            request_id,
            domain_name: &api.platform.options.host,
            connection_id: &peer.connection_id,
            api_id: api.api_id(),
            authorizer: None,
        }
    }

    /// With what the authorizer said about the connection, if it has one.
    pub(crate) fn authorized(mut self, authorizer: Option<&'a RawValue>) -> Self {
        self.authorizer = authorizer;
        self
    }

    /// With a new `messageId`.
    pub(crate) fn with_message_id(mut self) -> Self {
        self.message_id = Some(new_id());
        self
    }

    /// With how the connection ended.
    pub(crate) fn ended(mut self, end: &'a End) -> Self {
        self.disconnect_status_code = Some(end.code);
        self.disconnect_reason = Some(&end.reason);
        self
    }
}
