//! What a gateway is told when it starts.

use std::path::PathBuf;

use super::{Limits, Unconfirmed};
use crate::dials::Dials;

/// What a gateway is told when it starts.
#[derive(Debug, Clone)]
pub struct GatewayOptions {
    /// Every quota and timer.
    pub limits: Limits,
    /// What AWS does where nobody knows it.
    pub unconfirmed: Unconfirmed,
    /// Host and port that clients reach the gateway at, such as `localhost:3000`. It is the `domainName` of every
    /// event, so that an endpoint which a function builds from its event leads back here.
    pub host: String,
    /// Region in ARNs, `us-east-1` unless set.
    pub region: String,
    /// Account in ARNs and HTTP events, twelve digits, `123456789012` unless set.
    pub account_id: String,
    /// A folder whose files answer GET and HEAD where no route of an HTTP API does.
    pub static_dir: Option<PathBuf>,
    /// The time that the timers go by, and the faults of sockets and posts. Unset, the machine's clock and no fault.
    pub dials: Dials,
}

impl GatewayOptions {
    /// AWS's limits without its throttles, no static files.
    pub fn new(host: impl Into<String>) -> Self {
        Self {
            limits: Limits::default(),
            unconfirmed: Unconfirmed::default(),
            host: host.into(),
            region: "us-east-1".to_owned(),
            account_id: "123456789012".to_owned(),
            static_dir: None,
            dials: Dials::default(),
        }
    }
}
