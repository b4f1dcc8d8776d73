//! Every limit: its name in Redis, how much, and in how long.

use std::time::Duration;

use crate::{code::Code, config::Config};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const FIVE_MINUTES: Duration = Duration::from_secs(300);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// So much of something in so much time.
#[derive(Debug, Clone)]
pub struct Limit {
    /// Names the limit in Redis and in logs.
    pub(super) what: &'static str,
    /// Tells several of somebody's apart, such as their connections.
    pub(super) of: Option<String>,
    pub(super) max: u32,
    pub(super) period: Duration,
    /// What an error says.
    pub(super) code: Code,
}

impl Limit {
    fn new(what: &'static str, max: u32, period: Duration) -> Self {
        Self {
            what,
            of: None,
            max,
            period,
            code: Code::RateLimited,
        }
    }

    fn of(self, one: &str) -> Self {
        Self {
            of: Some(one.to_owned()),
            ..self
        }
    }

    /// `RATE_LIMIT_AUTH`: log-ins, sign-ups and uses of a service's key, by address and by account.
    pub fn auth(config: &Config) -> Self {
        Self::new("auth", config.auth_limit, FIVE_MINUTES)
    }

    /// `RATE_LIMIT_GUESTS`: new guests, by address.
    pub fn guests(config: &Config) -> Self {
        Self::new("guest", config.guest_limit, FIVE_MINUTES)
    }

    /// `RATE_LIMIT_REFRESH`: refreshes and log-outs, by address.
    pub fn refreshes(config: &Config) -> Self {
        Self::new("refresh", config.refresh_limit, MINUTE)
    }

    /// `RATE_LIMIT_TICKETS`: tickets, by user.
    pub fn tickets(config: &Config) -> Self {
        Self::new("ticket", config.ticket_limit, MINUTE)
    }

    /// `RATE_LIMIT_WS_CONN`: sockets, by address.
    pub fn connects(config: &Config) -> Self {
        Self::new("connect", config.connect_limit, MINUTE)
    }

    /// `RATE_LIMIT_MESSAGES`: messages of a user, by connection; over REST they have one together.
    pub fn messages(config: &Config, connection_id: Option<&str>) -> Self {
        Self::new("message", config.message_limit, SECOND).of(connection_id.unwrap_or("rest"))
    }

    /// `QUOTA_MESSAGES`: messages, by user.
    pub fn daily_messages(config: &Config) -> Self {
        Self {
            code: Code::QuotaExceeded,
            ..Self::new("day", config.message_quota, DAY)
        }
    }

    /// `RATE_LIMIT_TYPING`: typing frames of a user, by connection.
    pub fn typing(config: &Config, connection_id: &str) -> Self {
        Self::new("typing", config.typing_limit, SECOND).of(connection_id)
    }

    /// `RATE_LIMIT_READS`: read marks of a user, by connection.
    pub fn reads(config: &Config, connection_id: &str) -> Self {
        Self::new("read", config.read_limit, SECOND).of(connection_id)
    }

    /// `RATE_LIMIT_SYNCS`: pings and syncs of a user, by connection.
    pub fn syncs(config: &Config, connection_id: &str) -> Self {
        Self::new("sync", config.sync_limit, SECOND).of(connection_id)
    }

    /// `RATE_LIMIT_REQUESTS`: requests to `/api/chat`, by user.
    pub fn requests(config: &Config) -> Self {
        Self::new("request", config.request_limit, SECOND)
    }

    /// `RATE_LIMIT_INVITES`: invites made and used, by user.
    pub fn invites(config: &Config) -> Self {
        Self::new("invite", config.invite_limit, HOUR)
    }
}
