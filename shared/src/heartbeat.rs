//! What happens to sockets that have gone silent: they are told, closed and forgotten.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use serde::Serialize;

use crate::{
    App,
    cache::CacheError,
    connection::{self, Target},
    frame::ServerFrame,
};

/// Silent sockets of one shard that one round takes.
const BATCH: isize = 100;
/// Sockets that are closed at once.
const CONCURRENCY: usize = 16;

/// What a heartbeat did.
#[derive(Debug, Default, Serialize)]
pub struct HeartbeatReport {
    /// Sockets that were closed and forgotten.
    pub closed: usize,
    /// Whether no silent socket is left; if not, the next heartbeat goes on.
    pub complete: bool,
}

/// Closes every socket that has been silent for longer than `WS_PONG_WAIT`, and stops in time for its own deadline.
pub async fn beat(
    app: &App,
    time_left: impl Fn() -> Duration,
) -> Result<HeartbeatReport, CacheError> {
    let mut report = HeartbeatReport::default();
    while time_left() > Duration::from_secs(10) {
        let silent = connection::silent(&app.cache, app.config.pong_wait, BATCH).await?;
        close(app, &silent.targets).await;
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

async fn close(app: &App, targets: &[Target]) {
    let bye = ServerFrame::Bye {
        code: "ping_timeout",
        retry: true,
    };
    stream::iter(targets)
        .for_each_concurrent(CONCURRENCY, |target| app.push.close(target, &bye))
        .await;
}
