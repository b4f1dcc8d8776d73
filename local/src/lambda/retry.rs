//! Asynchronous invocations: tried again when the function fails, and when Lambda refuses.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use chrono::TimeDelta;
use uuid::Uuid;

use super::{outcome::InvokeError, pool::Pool};
use crate::clock::Hold;

/// How long Lambda keeps trying an invocation that it could not start.
const MAX_AGE: TimeDelta = TimeDelta::hours(6);

/// The first and the longest pause between such tries.
const REFUSED_PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(5 * 60));

/// Queues an invocation; its request id is the same at every attempt.
pub(super) fn spawn(pool: Arc<Pool>, payload: Bytes) -> Uuid {
    let request_id = Uuid::new_v4();
    let stop = pool.shared.stop.clone();
    let tasks = pool.shared.tasks.clone();
    // From now, so that a clock which is moved on by hand waits for the first attempt.
    let hold = pool.shared.options.dials.clock().hold();
    tasks.spawn(async move {
        tokio::select! {
            () = stop.cancelled() => {}
            () = attempt_all(&pool, request_id, payload, hold) => {}
        }
    });
    request_id
}

async fn attempt_all(pool: &Arc<Pool>, request_id: Uuid, payload: Bytes, mut hold: Hold) {
    let options = &pool.shared.options;
    let delays = options.retry_delays.iter().copied().map(Some);
    for delay in delays.chain([None]) {
        if attempt(pool, request_id, &payload, hold).await {
            return;
        }
        let Some(delay) = delay else { break };
        hold = options.dials.clock().sleep(delay).await;
    }
    tracing::warn!(
        "{} failed three times; its event is dropped (request {request_id})",
        pool.id
    );
}

/// Whether the function has done it. A refusal is not its failure, and is tried again for hours.
async fn attempt(pool: &Arc<Pool>, request_id: Uuid, payload: &Bytes, mut hold: Hold) -> bool {
    let clock = pool.shared.options.dials.clock();
    let (mut pause, longest) = REFUSED_PAUSES;
    let started = clock.now();
    loop {
        match pool.invoke(request_id, payload.clone(), false).await {
            Ok(outcome) => return !outcome.failed,
            Err(InvokeError::Throttled | InvokeError::Service(_))
                if clock.now() - started < MAX_AGE => {}
            Err(error) => {
                tracing::warn!(
                    "{} is not invoked any more: {error} (request {request_id})",
                    pool.id
                );
                return true;
            }
        }
        drop(hold);
        hold = clock.sleep(pause).await;
        pause = (pause * 2).min(longest);
    }
}
