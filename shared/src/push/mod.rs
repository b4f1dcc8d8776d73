//! One frame to many connections.

mod gateway;
mod plain;
mod report;

use std::{collections::HashMap, time::Duration};

use futures_util::{StreamExt, stream};
use tokio::time::timeout;
use uuid::Uuid;

pub use gateway::Gateway;
pub use report::{Delivery, Report};

use crate::{
    cache::{Cache, CacheError},
    code::log_failure,
    config::{Config, ConfigError},
    connection::{self, Socket, Target},
    frame::ServerFrame,
};

/// Posts under way at once: enough to hide the gateway's latency, few enough to leave the account's bucket to others. All invocations of a
/// process share them, for each post beyond would open a connection, and all would take longer.
const CONCURRENCY: usize = 32;
/// A sender waits for the pushes before its ack; past this, who was not reached finds out by sync.
const TIME_BUDGET: Duration = Duration::from_secs(5);

/// Pushes frames; cheap to clone.
#[derive(Debug, Clone)]
pub struct Pusher {
    gateway: Gateway,
    cache: Cache,
    enabled: bool,
}

impl Pusher {
    /// A pusher to the management API of the configuration.
    pub fn new(config: &Config, cache: Cache) -> Result<Self, ConfigError> {
        Ok(Self {
            gateway: Gateway::new(config)?,
            cache,
            enabled: config.push,
        })
    }

    /// Pushes to everybody but the sender's own socket. One log line says how it went, if not all were reached.
    pub async fn to_others(
        &self,
        mut targets: Vec<Target>,
        own: Option<&Socket>,
        frame: &ServerFrame<'_>,
    ) -> Report {
        if let Some(own) = own {
            targets.retain(|target| target.connection_id != own.connection_id);
        }
        self.to(targets, frame).await
    }

    /// Pushes to the sockets of some users but not to the sender's own, if it has one. One round trip to Redis finds them; `touch` rides
    /// on it.
    pub async fn to_users(
        &self,
        users: &[Uuid],
        own: Option<&Socket>,
        frame: &ServerFrame<'_>,
    ) -> Result<Report, CacheError> {
        if users.is_empty() {
            return Ok(Report::default());
        }
        let mut pipeline = redis::pipe();
        if let Some(own) = own {
            connection::touch(&mut pipeline, own);
        }
        connection::of_users(&mut pipeline, users);
        let answers: Vec<HashMap<String, String>> = self.cache.run_partly(&pipeline).await?;
        Ok(self
            .to_others(connection::targets(users, answers), own, frame)
            .await)
    }

    /// Pushes to the very socket that a request came through, beside the request's answer.
    pub async fn to_own(&self, own: &Socket, frame: &ServerFrame<'_>) -> Report {
        let target = Target::new(own.user_id, &own.connection_id);
        self.to(vec![target], frame).await
    }

    async fn to(&self, targets: Vec<Target>, frame: &ServerFrame<'_>) -> Report {
        if !self.enabled || targets.is_empty() {
            return Report::default();
        }
        let (data, count) = (frame.to_json(), targets.len());
        let mut gone = Vec::new();
        let mut report = Report::default();
        let mut posts = stream::iter(targets)
            .map(|target| self.post(target, &data))
            .buffer_unordered(CONCURRENCY);
        let all = async {
            while let Some((target, delivery)) = posts.next().await {
                report.count(target.user_id, delivery);
                if delivery == Delivery::Gone {
                    gone.push(target);
                }
            }
        };
        if timeout(TIME_BUDGET, all).await.is_err() {
            report.failed = count - report.delivered - report.gone - report.throttled;
        }
        self.forget(&gone).await;
        report.log();
        report
    }

    async fn post(&self, target: Target, data: &str) -> (Target, Delivery) {
        let delivery = self.gateway.post(&target.connection_id, data).await;
        (target, delivery)
    }

    /// Tells some sockets goodbye and closes them, many at once.
    pub async fn close_all(&self, targets: &[Target], frame: &ServerFrame<'_>) {
        let data = frame.to_json();
        stream::iter(targets)
            .for_each_concurrent(CONCURRENCY, |target| self.close(target, &data))
            .await;
    }

    async fn close(&self, target: &Target, data: &str) {
        if self.gateway.post(&target.connection_id, data).await != Delivery::Gone {
            self.gateway.delete(&target.connection_id).await;
        }
    }

    async fn forget(&self, gone: &[Target]) {
        if let Err(error) = connection::forget(&self.cache, gone).await {
            log_failure(&error, "forgetting connections that are gone");
        }
    }
}
