//! What happens to sockets that have gone silent: they are told, closed and forgotten.

use std::time::Duration;

use serde::Serialize;

use crate::{App, cache::CacheError, connection, frame::ServerFrame};

/// Silent sockets of one shard that one round takes.
const BATCH: isize = 100;
/// To a socket that has been silent for too long, should it still hear.
const PING_TIMEOUT: ServerFrame<'static> = ServerFrame::Bye {
    code: "ping_timeout",
    retry: true,
};

/// What a heartbeat did.
#[derive(Debug, Default, Serialize)]
pub struct HeartbeatReport {
    /// Sockets that were closed and forgotten.
    pub closed: usize,
    /// Whether no silent socket is left; if not, the next heartbeat goes on.
    pub complete: bool,
}

/// Closes every socket that has been silent for longer than `WS_PONG_WAIT`, and stops in time for its own deadline. Where pings
/// could not be noted it waits until everybody has pinged again: a failover of Redis must not cost everybody their sockets.
pub async fn beat(
    app: &App,
    time_left: impl Fn() -> Duration,
) -> Result<HeartbeatReport, CacheError> {
    let mut report = HeartbeatReport::default();
    while time_left() > Duration::from_secs(10) {
        let silent = connection::silent(&app.cache, app.config.pong_wait, BATCH).await?;
        if silent.doubtful {
            break;
        }
        app.push.close_all(&silent.targets, &PING_TIMEOUT).await;
        // Also what could not be closed: a socket that lives registers itself again with its next ping.
        connection::forget(&app.cache, &silent.targets).await?;
        report.closed += silent.targets.len();
        if !silent.more {
            report.complete = true;
            break;
        }
    }
    Ok(report)
}
