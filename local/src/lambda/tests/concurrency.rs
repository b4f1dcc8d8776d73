//! How many processes a function has, and which of them gets an event.

use std::{collections::BTreeSet, time::Duration};

use futures_util::future::join_all;
use serde_json::json;

use super::{InvokeError, PID, SLEEP, Stage, value, write_bootstrap};

#[tokio::test]
async fn a_busy_process_never_gets_a_second_event() {
    let stage = Stage::of(PID);
    let ids = join_all((0..4).map(|_| stage.invoke(json!(4)))).await;
    let ids: BTreeSet<_> = ids.iter().map(|outcome| value(outcome).as_i64()).collect();
    assert_eq!(ids.len(), 4);
    stage.until_idle(4).await;
    stage.lambda.stop().await;
}

#[tokio::test]
async fn what_finds_every_process_busy_waits_its_turn() {
    let stage = Stage::new(
        "run(lambda event, headers: (time.sleep(0.05), open('order', 'a').write(f'{event} '))[1])",
        |_, options| options.max_environments = 1,
    );
    let invocations = (0..5).map(|number| stage.invoke(json!(number)));
    assert!(
        join_all(invocations)
            .await
            .iter()
            .all(|outcome| !outcome.failed)
    );
    assert_eq!(
        std::fs::read_to_string(stage.folder.path().join("order")).unwrap(),
        "0 1 2 3 4 "
    );
    stage.until_idle(1).await;
    stage.lambda.stop().await;
}

#[tokio::test]
async fn a_burst_into_a_cold_stack_starts_no_more_processes_than_it_needs() {
    let stage = Stage::new(
        "time.sleep(0.2)\nrun(lambda event, headers: os.getpid())",
        |_, options| {
            options.max_environments = 50;
            options.max_starting = 2;
        },
    );
    let ids = join_all((0..50).map(|_| stage.invoke(json!(0)))).await;
    let ids: BTreeSet<_> = ids.iter().map(|outcome| value(outcome).as_i64()).collect();
    assert!(
        ids.len() <= 4,
        "{} processes for events that take no time",
        ids.len()
    );
    stage.lambda.stop().await;
}

#[tokio::test]
async fn an_event_goes_to_the_process_that_was_used_last() {
    let stage = Stage::of(PID);
    tokio::join!(stage.invoke(json!(2)), stage.invoke(json!(2)));
    stage.until_idle(2).await;
    let last = stage.invoke(json!(0)).await.payload;
    for _ in 0..3 {
        stage.until_idle(2).await;
        assert_eq!(stage.invoke(json!(0)).await.payload, last);
    }
    stage.lambda.stop().await;
}

#[tokio::test]
async fn a_process_without_work_is_reaped() {
    let stage = Stage::new(PID, |_, options| {
        options.idle_timeout = Duration::from_millis(200)
    });
    let before = stage.invoke(json!(0)).await;
    stage.until_idle(1).await;
    stage.until_idle(0).await;
    assert_ne!(stage.invoke(json!(0)).await.payload, before.payload);
    stage.lambda.stop().await;
}

#[tokio::test]
async fn what_waits_for_too_long_is_throttled() {
    let code = "def handle(event, headers):
    while event and not os.path.exists('go'): time.sleep(0.01)
run(handle)";
    let stage = Stage::new(code, |function, options| {
        function.timeout = Duration::from_secs(60);
        options.max_environments = 1;
        options.queue_timeout = Duration::from_secs(2);
    });
    // On a machine that is busy, a cold start alone may take longer than that.
    while stage.lambda.invoke("Fn", "false".into()).await.is_err() {}
    stage.until_idle(1).await;
    let throttled = async {
        stage.until(|status| status.busy == 1).await;
        let waited = stage.lambda.invoke("Fn", "false".into()).await;
        std::fs::write(stage.folder.path().join("go"), "").unwrap();
        waited
    };
    let (ran, waited) = tokio::join!(stage.invoke(json!(true)), throttled);
    assert!(!ran.failed);
    assert!(matches!(waited, Err(InvokeError::Throttled)));
    stage.lambda.stop().await;
}

#[tokio::test]
async fn a_reserved_concurrency_throttles_at_once() {
    let stage = Stage::new(SLEEP, |function, _| function.reserved_concurrency = Some(1));
    let (first, second) = tokio::join!(
        stage.invoke(json!(0.2)),
        stage.lambda.invoke("Fn", "0".into())
    );
    assert!(!first.failed);
    assert!(matches!(second, Err(InvokeError::Throttled)));
    stage.until_idle(1).await;
    assert!(!stage.invoke(json!(0)).await.failed);
    stage.lambda.stop().await;
}

#[tokio::test]
async fn a_strict_stack_throttles_when_all_processes_are_busy() {
    let stage = Stage::new(SLEEP, |_, options| {
        options.max_environments = 1;
        options.refuses_when_busy = true;
    });
    let (first, second) = tokio::join!(
        stage.invoke(json!(0.2)),
        stage.lambda.invoke("Fn", "0".into())
    );
    assert!(!first.failed, "a cold start is waited for");
    assert!(matches!(second, Err(InvokeError::Throttled)));
    stage.until_idle(1).await;
    assert!(!stage.invoke(json!(0)).await.failed);
    stage.lambda.stop().await;
}

#[tokio::test]
async fn a_replaced_executable_gets_new_events_while_the_old_one_finishes() {
    let stage = Stage::of("run(lambda event, headers: (time.sleep(event), 'old')[1])");
    stage.invoke(json!(0)).await;
    stage.until_idle(1).await;
    let new = stage.folder.path().join("new");
    write_bootstrap(&new, "run(lambda event, headers: 'new')");
    let replaced = async {
        stage.until(|status| status.busy == 1).await;
        stage.lambda.replace("Fn", new).unwrap();
        stage.invoke(json!(0)).await
    };
    let (old, new) = tokio::join!(stage.invoke(json!(0.5)), replaced);
    assert_eq!((value(&old), value(&new)), (json!("old"), json!("new")));
    stage
        .until(|status| status.idle == 1 && status.busy == 0)
        .await;
    assert_eq!(value(&stage.invoke(json!(0)).await), json!("new"));
    stage.lambda.stop().await;
}

#[tokio::test]
async fn the_processes_end_with_the_last_owner_of_the_stack() {
    let stage = Stage::of(PID);
    let id = value(&stage.invoke(json!(0)).await);
    let Stage { lambda, .. } = stage;
    drop(lambda);
    let process = format!("/proc/{id}");
    for _ in 0..200 {
        if !std::path::Path::new(&process).exists() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("process {id} is still there");
}
