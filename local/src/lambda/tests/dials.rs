//! Processes that are killed in the middle of their work, and retries on a clock that is moved on.

use std::{fs, time::Duration};

use serde_json::json;
use tokio::time::{Instant, sleep};

use super::{Stage, value};
use crate::dials::{Dials, When};

/// Leaves a trace before its answer.
const EFFECT: &str =
    "run(lambda event, headers: (open('effect', 'w').close(), time.sleep(event), os.getpid())[2])";

fn stage(code: &str) -> (Stage, Dials) {
    let dials = Dials::default();
    let stage = Stage::new(code, |_, options| options.dials = dials.clone());
    (stage, dials)
}

#[tokio::test]
async fn a_process_killed_before_its_answer_has_had_its_effects_and_the_next_one_lives() {
    let (mut stage, dials) = stage(EFFECT);
    dials.kills().set("Fn", When::BeforeAnswer, 1);
    let killed = stage.invoke(json!(0)).await;
    let message = format!(
        "RequestId: {} Error: Runtime exited with error: signal: killed",
        killed.request_id
    );
    assert_eq!(
        value(&killed),
        json!({"errorType": "Runtime.ExitError", "errorMessage": message})
    );
    stage.until_file("effect").await;
    assert!(!stage.invoke(json!(0)).await.failed);
    let log = stage.log();
    let report = log.iter().find(|line| line.starts_with("REPORT")).unwrap();
    assert!(
        report.ends_with("Status: error\tError Type: Runtime.ExitError"),
        "{report}"
    );
    stage.lambda.stop().await;
}

#[tokio::test]
async fn a_process_killed_after_its_answer_has_answered() {
    let (stage, dials) = stage(EFFECT);
    dials.kills().set("Fn", When::AfterAnswer, 1);
    let first = stage.invoke(json!(0)).await;
    assert!(!first.failed);
    stage.until_idle(0).await;
    let second = stage.invoke(json!(0)).await;
    assert!(!second.failed && second.payload != first.payload);
    stage.lambda.stop().await;
}

#[tokio::test]
async fn a_process_is_killed_some_time_after_its_event() {
    let (stage, dials) = stage(EFFECT);
    stage.invoke(json!(0)).await;
    stage.until_idle(1).await;
    dials
        .kills()
        .set("Fn", When::After(Duration::from_millis(50)), 1);
    let began = Instant::now();
    assert!(stage.invoke(json!(4)).await.failed);
    assert!(began.elapsed() < Duration::from_secs(4));
    stage.lambda.stop().await;
}

#[tokio::test]
async fn retries_come_when_the_clock_is_moved_on() {
    let code = "
def handle(event, headers):
    with open('attempts', 'a') as file: file.write('x')
    raise ValueError('no')
run(handle)";
    let (stage, dials) = stage(code);
    stage.lambda.invoke_async("Fn", "1".into()).unwrap();
    let file = stage.folder.path().join("attempts");
    let attempts = || fs::read_to_string(&file).unwrap_or_default().len();
    stage.until(|_| attempts() == 1).await;
    for (wait, made) in [(61, 2), (121, 3)] {
        stage.until_idle(1).await;
        // More than once where the failure had not been noticed yet.
        for _ in 0..100 {
            if attempts() < made {
                let clock = dials.clock();
                clock.advance(Duration::from_secs(wait)).await.unwrap();
                sleep(Duration::from_millis(20)).await;
            }
        }
        assert!(attempts() >= made);
    }
    stage.until_idle(1).await;
    dials
        .clock()
        .advance(Duration::from_secs(3600))
        .await
        .unwrap();
    assert_eq!(attempts(), 3);
    stage.lambda.stop().await;
}
