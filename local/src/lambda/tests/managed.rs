//! Environments with several events at once: how they end, and what becomes of their events.

use std::{cell::Cell, path::Path, time::Duration};

use futures_util::future::join_all;
use serde_json::json;

use super::{Stage, value, write_bootstrap};

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

#[tokio::test]
async fn a_replaced_managed_instance_has_all_of_its_events_to_their_end() {
    let stage = Stage::new(FORKS, |function, _| function.concurrency = Some(3));
    let old = value(&stage.invoke(json!(0)).await);
    stage.until_idle(3).await;
    let executable = stage.folder.path().join("new");
    write_bootstrap(&executable, "run(lambda event, headers: 'new')");
    let replaced = async {
        stage.until(|status| status.busy == 2).await;
        stage.lambda.replace("Fn", executable).unwrap();
        stage.invoke(json!(0)).await
    };
    let (short, long, new) =
        tokio::join!(stage.invoke(json!(0.5)), stage.invoke(json!(1)), replaced);
    assert_eq!(
        [short, long, new].map(|outcome| value(&outcome)),
        [old.clone(), old.clone(), json!("new")]
    );
    let process = format!("/proc/{old}");
    stage.until(|_| !Path::new(&process).exists()).await;
    stage.until_idle(1).await;
    stage.lambda.stop().await;
}
