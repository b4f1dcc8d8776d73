//! A WebSocket API that serves.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use super::{registry::Registry, route::RouteSelection};
use crate::{
    gateway::{platform::Platform, throttle::RouteThrottle},
    template::{SocketRoute, WebSocketApi},
};

/// A WebSocket API that serves.
#[derive(Debug)]
pub(crate) struct SocketApi {
    pub(crate) declared: WebSocketApi,
    pub(crate) platform: Arc<Platform>,
    /// The connections of this API alone: another API's stage does not know them.
    pub(crate) registry: Registry,
    pub(crate) throttle: RouteThrottle,
    selection: RouteSelection,
}

impl SocketApi {
    pub(crate) fn new(declared: WebSocketApi, platform: Arc<Platform>) -> Self {
        let selection = RouteSelection::parse(&declared.route_selection);
        let throttle = RouteThrottle::new(
            &declared.throttles,
            declared.routes.keys(),
            platform.options.limits.throttles.as_ref(),
        );
        Self {
            throttle,
            declared,
            platform,
            registry: Registry::default(),
            selection,
        }
    }

    pub(crate) fn stage(&self) -> &str {
        &self.declared.stage
    }

    pub(crate) fn api_id(&self) -> &str {
        &self.declared.api_id
    }

    /// Absent from events when the stage has none.
    pub(crate) fn stage_variables(&self) -> Option<&BTreeMap<String, String>> {
        Some(&self.declared.stage_variables).filter(|variables| !variables.is_empty())
    }

    /// Such as `arn:aws:execute-api:us-east-1:123456789012:abcd123456/prod/$connect`.
    pub(crate) fn arn(&self, route_key: &str) -> String {
        let options = &self.platform.options;
        format!(
            "arn:aws:execute-api:{}:{}:{}/{}/{route_key}",
            options.region,
            options.account_id,
            self.api_id(),
            self.stage()
        )
    }

    /// The route with that key, and the key as the template spells it.
    pub(crate) fn route(&self, key: &str) -> Option<(&str, &SocketRoute)> {
        self.declared
            .routes
            .get_key_value(key)
            .map(|(key, route)| (key.as_str(), route))
    }

    /// Where a message goes: the route that its selection names, else `$default`, else nowhere.
    pub(crate) fn route_of_message(&self, body: &str) -> Option<(&str, &SocketRoute)> {
        // Most APIs have no other route than `$default`; those need not read the message.
        let custom = self.declared.routes.keys().any(|key| !key.starts_with('$'));
        let selected = custom.then(|| self.selection.select(body)).flatten();
        selected
            .filter(|key| !key.starts_with('$'))
            .and_then(|key| self.route(&key))
            .or_else(|| self.route("$default"))
    }

    /// How long a route may take.
    pub(crate) fn timeout(&self, route: &SocketRoute) -> Duration {
        route
            .integration_timeout
            .min(self.platform.options.limits.socket_integration)
    }
}
