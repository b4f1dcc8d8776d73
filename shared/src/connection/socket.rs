//! A socket as its events describe it.

use std::time::Duration;

use aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequestContext;
use lambda_runtime::Diagnostic;
use serde_json::Value;
use uuid::Uuid;

use crate::language::Language;

/// A socket: the gateway's id for it, and whom the authorizer let in.
#[derive(Debug, Clone)]
pub struct Socket {
    /// The gateway's id.
    pub connection_id: String,
    /// The user.
    pub user_id: Uuid,
    /// The sign-in that its ticket was issued to; the socket ends with it.
    pub sign_in: Uuid,
    /// The device's own name for itself.
    pub device_id: String,
    /// BCP 47 tag of the language that the user reads.
    pub locale: String,
    /// How long it has been open, by the gateway's clock.
    pub age: Duration,
}

/// The event does not say whose socket it is: the route has no authorizer, or not ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the event has no {0}")]
pub struct NoIdentity(&'static str);

impl From<NoIdentity> for Diagnostic {
    fn from(error: NoIdentity) -> Self {
        Self {
            error_type: "NoIdentity".to_owned(),
            error_message: error.to_string(),
        }
    }
}

/// Zero where the event has no times.
fn age(context: &ApiGatewayWebsocketProxyRequestContext) -> Duration {
    let millis = context.request_time_epoch - context.connected_at;
    let known = context.connected_at > 0;
    Duration::from_millis(millis.try_into().ok().filter(|_| known).unwrap_or(0))
}

impl Socket {
    /// Reads the identity that the gateway attaches to every event of a socket.
    pub fn from_context(
        context: &ApiGatewayWebsocketProxyRequestContext,
    ) -> Result<Self, NoIdentity> {
        let fields = &context.authorizer.fields;
        let text = |name: &'static str| {
            fields
                .get(name)
                .and_then(Value::as_str)
                .ok_or(NoIdentity(name))
        };
        Ok(Self {
            connection_id: context
                .connection_id
                .clone()
                .ok_or(NoIdentity("connectionId"))?,
            user_id: Uuid::try_parse(text("user_id")?).map_err(|_| NoIdentity("user_id"))?,
            sign_in: Uuid::try_parse(text("sign_in")?).map_err(|_| NoIdentity("sign_in"))?,
            device_id: text("device_id")?.to_owned(),
            locale: text("locale")?.to_owned(),
            age: age(context),
        })
    }

    /// The language for what this socket's user is told.
    pub fn language(&self) -> Language {
        Language::nearest(&self.locale).unwrap_or(Language::ENGLISH)
    }
}
