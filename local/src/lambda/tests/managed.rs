//! Environments with several events at once: how they end, and what becomes of their events.

use std::{cell::Cell, time::Duration};

use futures_util::future::join_all;
use serde_json::json;

use super::Stage;

/// A process for each event that it may have at once. Each takes as many seconds as the event says, and gives the id that
/// all of them share.
const FORKS: &str = "
for _ in range(int(os.environ['AWS_LAMBDA_MAX_CONCURRENCY']) - 1):
    if os.fork() == 0: break
run(lambda event, headers: (time.sleep(event), os.getpgid(0))[1])";

#[tokio::test]
async fn events_answered_while_their_process_is_killed_are_counted_once() {
    let stage = Stage::new(FORKS, |function, options| {
        function.concurrency = Some(6);
        function.timeout = Duration::from_secs(1);
        options.max_environments = 1;
    });
    stage.invoke(json!(0)).await;
    stage.until_idle(6).await;
    let is_over = Cell::new(false);
    let hanging = async {
        assert!(stage.invoke(json!(60)).await.failed);
        is_over.set(true);
    };
    let quick = join_all((0..5).map(|_| async {
        while !is_over.get() {
            stage.invoke(json!(0)).await;
        }
    }));
    tokio::join!(hanging, quick);
    stage
        .until(|status| status.busy + status.waiting + status.starting == 0)
        .await;
    assert!(!stage.invoke(json!(0)).await.failed);
    stage.lambda.stop().await;
}
