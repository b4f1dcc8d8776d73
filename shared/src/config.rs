//! Configuration, read once at start from the environment that `template.yaml` declares.
//!
//! An empty variable counts as unset. An error names the variable, never its value: it may be a secret.

use std::{env, num::NonZero, time::Duration};

/// Everything that the functions can be told. Each reads all of it, so that a wrong value fails at start and not at the first use.
#[derive(Debug, Clone)]
pub struct Config {
    /// `DATABASE_URL`, required: `postgres://user:password@host:port/database`, `?sslmode=require` turns TLS on.
    pub database_url: Secret,
    /// `REDIS_URL`, required: `redis://` or, with TLS, `rediss://`.
    pub redis_url: Secret,
    /// `SESSION_KEYS`, required: the secrets that sign session ids; the first signs, all verify.
    pub session_keys: Secret,
    /// `TOKEN_KEYS`, required: the secrets that sign access tokens and tickets; the first signs, all verify.
    pub token_keys: Secret,
    /// `WEBSOCKET_URL`, required: where a ticket sends its client, without the ticket.
    pub websocket_url: String,
    /// `AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI`, required: the management API of the same stage.
    pub management_url: String,
    /// `WS_PING_PERIOD`, 54 s unless set: how often a client pings.
    pub ping_period: Duration,
    /// `WS_PONG_WAIT`, 60 s unless set: a socket that is silent for longer is closed.
    pub pong_wait: Duration,
    /// `MESSAGE_RETENTION`, 90 d unless set: how long a message is kept.
    pub message_retention: Duration,
    /// `CLEANUP_SLICE`, 60 s unless set: how long one invocation of cleanup goes on.
    pub cleanup_slice: Duration,
    /// `RATE_LIMIT_AUTH`, 10 unless set: log-ins, sign-ups and uses of a service's key per 5 minutes, by IP address and by account.
    pub auth_limit: u32,
    /// `RATE_LIMIT_GUESTS`, 30 unless set: new guests per 5 minutes and IP address.
    pub guest_limit: u32,
    /// `RATE_LIMIT_REFRESH`, 60 unless set: refreshes and log-outs per minute and IP address.
    pub refresh_limit: u32,
    /// `RATE_LIMIT_TICKETS`, 30 unless set: tickets per minute and user.
    pub ticket_limit: u32,
    /// `RATE_LIMIT_INVITES`, 30 unless set: invites made and used per hour and user.
    pub invite_limit: u32,
    /// `RATE_LIMIT_WS_CONN`, 30 unless set: sockets opened per minute and IP address.
    pub connect_limit: u32,
    /// `RATE_LIMIT_MESSAGES`, 10 unless set: messages per second and connection.
    pub message_limit: u32,
    /// `RATE_LIMIT_TYPING`, 5 unless set: typing frames per second and connection.
    pub typing_limit: u32,
    /// `RATE_LIMIT_READS`, 10 unless set: read marks per second and connection.
    pub read_limit: u32,
    /// `RATE_LIMIT_SYNCS`, 10 unless set: pings and syncs per second and connection.
    pub sync_limit: u32,
    /// `RATE_LIMIT_REQUESTS`, 50 unless set: requests to `/api/chat` per second and user.
    pub request_limit: u32,
    /// `QUOTA_MESSAGES`, 10,000 unless set: messages per day and user.
    pub message_quota: u32,
    /// `SESSIONS_PER_USER`, 1,000 unless set: sessions that a user may own.
    pub sessions_per_user: u32,
    /// `MEMBERS_PER_SESSION`, 100 unless set: members that a session may have, its owner among them.
    pub members_per_session: u32,
    /// `CONNECTIONS_PER_USER`, 50 unless set: sockets that a user may have open.
    pub connections_per_user: u32,
    /// `PREPARED_STATEMENTS`, off unless `on`: whether a connection to PostgreSQL is asked to know statements by name. Only for where no
    /// pooler gives it to others between two statements.
    pub prepared_statements: bool,
    /// `PUSH`, on unless `off`: whether others are told at once. Off, they find out by sync.
    pub push: bool,
    /// `LIMITS`, on unless `off`: whether limits are counted.
    pub limits: bool,
    /// `CACHE`, on unless `off`: whether recent messages are kept in Redis.
    pub cache: bool,
    /// `AWS_LAMBDA_MAX_CONCURRENCY`, set by Lambda Managed Instances: invocations served at once. 1 unless set.
    pub concurrency: usize,
    /// `TOKIO_WORKER_THREADS`, a variable of Tokio's: threads for several invocations at once. One for each core unless set.
    pub threads: Option<NonZero<usize>>,
}

impl Config {
    /// Reads the process's environment.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::read(|name| env::var(name).ok())
    }

    /// How long a session lives on after something was said.
    pub fn session_lifetime(&self) -> Duration {
        session_lifetime(self.message_retention)
    }

    /// Reads variables from wherever `lookup` finds them.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let vars = Variables { lookup };
        Ok(Self {
            database_url: Secret(vars.required("DATABASE_URL")?),
            redis_url: Secret(vars.required("REDIS_URL")?),
            session_keys: Secret(vars.required("SESSION_KEYS")?),
            token_keys: Secret(vars.required("TOKEN_KEYS")?),
            websocket_url: vars.required("WEBSOCKET_URL")?,
            management_url: vars.required("AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI")?,
            ping_period: vars.duration("WS_PING_PERIOD", Duration::from_secs(54))?,
            pong_wait: vars.duration("WS_PONG_WAIT", Duration::from_secs(60))?,
            message_retention: vars
                .duration("MESSAGE_RETENTION", Duration::from_secs(90 * 86_400))?,
            cleanup_slice: vars.duration("CLEANUP_SLICE", Duration::from_secs(60))?,
            auth_limit: vars.count("RATE_LIMIT_AUTH", 10)?,
            guest_limit: vars.count("RATE_LIMIT_GUESTS", 30)?,
            refresh_limit: vars.count("RATE_LIMIT_REFRESH", 60)?,
            ticket_limit: vars.count("RATE_LIMIT_TICKETS", 30)?,
            invite_limit: vars.count("RATE_LIMIT_INVITES", 30)?,
            connect_limit: vars.count("RATE_LIMIT_WS_CONN", 30)?,
            message_limit: vars.count("RATE_LIMIT_MESSAGES", 10)?,
            typing_limit: vars.count("RATE_LIMIT_TYPING", 5)?,
            read_limit: vars.count("RATE_LIMIT_READS", 10)?,
            sync_limit: vars.count("RATE_LIMIT_SYNCS", 10)?,
            request_limit: vars.count("RATE_LIMIT_REQUESTS", 50)?,
            message_quota: vars.count("QUOTA_MESSAGES", 10_000)?,
            sessions_per_user: vars.count("SESSIONS_PER_USER", 1_000)?,
            members_per_session: vars.count("MEMBERS_PER_SESSION", 100)?,
            connections_per_user: vars.count("CONNECTIONS_PER_USER", 50)?,
            prepared_statements: vars.switch("PREPARED_STATEMENTS", false)?,
            push: vars.switch("PUSH", true)?,
            limits: vars.switch("LIMITS", true)?,
            cache: vars.switch("CACHE", true)?,
            concurrency: vars.count("AWS_LAMBDA_MAX_CONCURRENCY", 1)? as usize,
            threads: NonZero::new(vars.count("TOKIO_WORKER_THREADS", 0)? as usize),
        })
    }
}

/// A value that never shows in a log: its `Debug` prints no more than its type.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// The value itself, to be handed on and not kept.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Secret {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// A variable that keeps a function from starting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Required, and absent or empty.
    #[error("{0} is not set")]
    Missing(&'static str),
    /// Present and not understood.
    #[error("{name} is not {expected}")]
    Invalid {
        /// The variable.
        name: &'static str,
        /// What it should look like.
        expected: &'static str,
    },
}

struct Variables<F> {
    lookup: F,
}

impl<F: Fn(&str) -> Option<String>> Variables<F> {
    fn optional(&self, name: &str) -> Option<String> {
        (self.lookup)(name)
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
    }

    fn required(&self, name: &'static str) -> Result<String, ConfigError> {
        self.optional(name).ok_or(ConfigError::Missing(name))
    }

    fn duration(&self, name: &'static str, default: Duration) -> Result<Duration, ConfigError> {
        let Some(text) = self.optional(name) else {
            return Ok(default);
        };
        let expected = "a duration such as 54s, 5m, 24h or 90d";
        parse_duration(&text).ok_or(ConfigError::Invalid { name, expected })
    }

    fn count(&self, name: &'static str, default: u32) -> Result<u32, ConfigError> {
        let Some(text) = self.optional(name) else {
            return Ok(default);
        };
        let expected = "a whole number from 1";
        text.parse()
            .ok()
            .filter(|count| *count > 0)
            .ok_or(ConfigError::Invalid { name, expected })
    }

    fn switch(&self, name: &'static str, default: bool) -> Result<bool, ConfigError> {
        match self.optional(name).as_deref() {
            None => Ok(default),
            Some("on") => Ok(true),
            Some("off") => Ok(false),
            Some(_) => Err(ConfigError::Invalid {
                name,
                expected: "on or off",
            }),
        }
    }
}

/// How long a session lives on after something was said, where messages are kept for so long. A write moves its end, which is indexed, only
/// when a tenth of this has passed (`message_send`), so this is as much longer: no session ends before its last message does.
pub fn session_lifetime(retention: Duration) -> Duration {
    retention * 10 / 9
}

/// A whole number from 1 and one of `ms`, `s`, `m`, `h`, `d`.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok().filter(|n| *n > 0)?;
    let millis = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.checked_mul(millis).map(Duration::from_millis)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::HashMap;

    use super::*;

    /// What is required, with changes.
    pub(crate) fn read(changes: &[(&'static str, &'static str)]) -> Result<Config, ConfigError> {
        let mut vars = HashMap::from([
            ("DATABASE_URL", "postgres://u:hunter2@h/d"),
            ("REDIS_URL", "redis://h"),
            ("SESSION_KEYS", "s"),
            ("TOKEN_KEYS", "t"),
            ("WEBSOCKET_URL", "ws://h/prod"),
            ("AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI", "http://h/prod"),
        ]);
        vars.extend(changes.iter().copied());
        Config::read(|name| vars.get(name).map(|value| (*value).to_owned()))
    }

    #[test]
    fn what_is_not_set_has_its_default() {
        let config = read(&[("WS_PONG_WAIT", " ")]).unwrap();
        assert_eq!(config.pong_wait, Duration::from_secs(60));
        assert_eq!(config.message_retention, Duration::from_secs(7_776_000));
        assert!(config.push && config.limits && config.cache);
        assert!(!config.prepared_statements);
    }

    #[test]
    fn durations_have_units() {
        assert_eq!(
            read(&[("WS_PONG_WAIT", "1500ms")]).unwrap().pong_wait,
            Duration::from_millis(1_500)
        );
        assert_eq!(
            read(&[("MESSAGE_RETENTION", "24h")])
                .unwrap()
                .message_retention,
            Duration::from_secs(86_400)
        );
    }

    #[test]
    fn an_error_names_the_variable_and_not_its_value() {
        for (name, value) in [
            ("WS_PONG_WAIT", "60"),
            ("WS_PONG_WAIT", "0s"),
            ("RATE_LIMIT_AUTH", "0"),
            ("PUSH", "yes"),
        ] {
            let error = read(&[(name, value)]).unwrap_err().to_string();
            assert!(error.starts_with(name) && !error.contains(value), "{error}");
        }
        assert_eq!(
            read(&[("REDIS_URL", "")]).unwrap_err(),
            ConfigError::Missing("REDIS_URL")
        );
    }

    #[test]
    fn a_secret_does_not_show() {
        assert!(!format!("{:?}", read(&[]).unwrap()).contains("hunter2"));
    }
}
