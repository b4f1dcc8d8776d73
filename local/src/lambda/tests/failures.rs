//! Functions that fail, and what is said about it.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::{InvokeError, PID, Stage, value};

/// Whether a process is there, and more than a zombie that nobody has waited for.
fn is_running(id: &Value) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat"));
    stat.is_ok_and(|stat| !stat.rsplit_once(") ").unwrap().1.starts_with('Z'))
}

#[tokio::test]
async fn an_error_of_the_function_is_handed_on_and_the_process_lives() {
    let stage = Stage::of(
        "def handle(event, headers):\n    if event: raise ValueError('no')\n    return os.getpid()\nrun(handle)",
    );
    let before = stage.invoke(json!(0)).await;
    stage.until_idle(1).await;
    let failed = stage.invoke(json!(1)).await;
    stage.until_idle(1).await;
    assert!(failed.failed);
    assert_eq!(
        failed.payload,
        r#"{"errorMessage": "no", "errorType": "ValueError"}"#
    );
    assert_eq!(stage.invoke(json!(0)).await.payload, before.payload);
    stage.lambda.stop().await;
}

#[tokio::test]
async fn a_function_that_takes_too_long_is_killed_with_what_it_started() {
    let code = "import subprocess
child = subprocess.Popen(['sleep', '60'])
run(lambda event, headers: [time.sleep(event), os.getpid(), child.pid])";
    let stage = Stage::new(code, |function, _| {
        function.timeout = Duration::from_secs(1)
    });
    let before = value(&stage.invoke(json!(0)).await);
    stage.until_idle(1).await;
    let started = Instant::now();
    let outcome = stage.invoke(json!(60)).await;
    assert!(
        outcome.failed && started.elapsed() < Duration::from_secs(20),
        "{:?}",
        started.elapsed()
    );
    let message = format!(
        "RequestId: {} Error: Task timed out after 1.00 seconds",
        outcome.request_id
    );
    assert_eq!(
        value(&outcome),
        json!({"errorType": "Sandbox.Timedout", "errorMessage": message})
    );
    assert_ne!(
        value(&stage.invoke(json!(0)).await),
        before,
        "the next invocation has a new process"
    );
    assert!(!is_running(&before[1]) && !is_running(&before[2]));
    stage.lambda.stop().await;
}

#[tokio::test]
async fn a_crash_is_an_exit_error_and_the_next_invocation_has_a_new_process() {
    let stage = Stage::of("run(lambda event, headers: os._exit(event) if event else os.getpid())");
    let before = value(&stage.invoke(json!(0)).await);
    let outcome = stage.invoke(json!(3)).await;
    let message = format!(
        "RequestId: {} Error: Runtime exited with error: exit status 3",
        outcome.request_id
    );
    assert_eq!(
        value(&outcome),
        json!({"errorType": "Runtime.ExitError", "errorMessage": message})
    );
    assert_ne!(value(&stage.invoke(json!(0)).await), before);
    stage.lambda.stop().await;
}

#[tokio::test]
async fn a_process_that_exits_before_it_is_ready_is_an_exit_error() {
    let stage = Stage::of("sys.exit(1)");
    let outcome = stage.invoke(json!({})).await;
    let message = format!(
        "RequestId: {} Error: Runtime exited with error: exit status 1",
        outcome.request_id
    );
    assert_eq!(
        value(&outcome),
        json!({"errorType": "Runtime.ExitError", "errorMessage": message})
    );
    stage
        .until(|status| *status == super::FunctionStatus::default())
        .await;
    stage.lambda.stop().await;
}

#[tokio::test]
async fn an_error_of_the_start_is_handed_on() {
    let stage = Stage::of(
        r#"call("POST", "init/error", json.dumps({"errorType": "Config", "errorMessage": "DATABASE_URL is missing"})); sys.exit(1)"#,
    );
    let outcome = stage.invoke(json!({})).await;
    assert_eq!(
        outcome.payload,
        r#"{"errorType": "Config", "errorMessage": "DATABASE_URL is missing"}"#
    );
    assert!(outcome.failed);
    stage.lambda.stop().await;
}

#[tokio::test]
async fn a_start_that_takes_too_long_is_a_failure_and_no_hang() {
    let stage = Stage::new("time.sleep(60)", |function, options| {
        options.init_timeout = Duration::from_millis(100);
        function.timeout = Duration::from_millis(300);
    });
    let outcome = stage.invoke(json!({})).await;
    let message = format!(
        "RequestId: {} Error: Task timed out after 0.30 seconds",
        outcome.request_id
    );
    assert_eq!(
        value(&outcome),
        json!({"errorType": "Sandbox.Timedout", "errorMessage": message})
    );
    stage.lambda.stop().await;
}

#[tokio::test]
async fn an_executable_that_is_not_there_is_an_error_that_names_it() {
    let stage = Stage::new(PID, |_, options| {
        options
            .executables
            .insert("Fn".to_owned(), "/nowhere/fn".into());
    });
    let error = stage.lambda.invoke("Fn", "0".into()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "/nowhere/fn cannot be started: No such file or directory (os error 2)"
    );
    let error = stage.lambda.invoke("Other", "0".into()).await.unwrap_err();
    assert!(matches!(error, InvokeError::NotFound(arn) if arn.ends_with(":function:Other")));
    stage.lambda.stop().await;
}

#[tokio::test]
async fn a_caller_that_goes_away_does_not_end_the_invocation() {
    let code = "run(lambda event, headers: (time.sleep(0.3), open('done', 'w').close())[1])";
    let stage = Stage::of(code);
    let waited = tokio::time::timeout(Duration::from_millis(200), stage.invoke(json!({}))).await;
    assert!(waited.is_err());
    stage.until_file("done").await;
    stage.until_idle(1).await;
    stage.lambda.stop().await;
}

#[tokio::test]
async fn a_stop_ends_every_process_and_answers_what_runs_and_what_waits() {
    let stage = Stage::new(PID, |_, options| options.max_environments = 1);
    let before = value(&stage.invoke(json!(1)).await);
    stage.until_idle(1).await;
    let (runs, waits) = (stage.lambda.clone(), stage.lambda.clone());
    let runs = tokio::spawn(async move { runs.invoke("Fn", "60".into()).await });
    stage.until(|status| status.busy == 1).await;
    let waits = tokio::spawn(async move { waits.invoke("Fn", "60".into()).await });
    stage.until(|status| status.waiting == 1).await;
    stage.lambda.stop().await;
    for answer in [
        runs.await.unwrap(),
        waits.await.unwrap(),
        stage.lambda.invoke("Fn", "0".into()).await,
    ] {
        assert_eq!(answer.unwrap_err().to_string(), "the stack is stopping");
    }
    assert!(!is_running(&before));
}
