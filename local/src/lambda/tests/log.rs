//! What the log says.

use std::time::Duration;

use regex::Regex;
use serde_json::json;

use super::{LogSource, Stage};

fn matches(line: &str, pattern: &str) {
    assert!(
        Regex::new(&format!("^{pattern}$")).unwrap().is_match(line),
        "{line} does not match {pattern}"
    );
}

#[tokio::test]
async fn the_lines_of_an_invocation_stand_between_start_and_end() {
    let code = "def handle(event, headers):\n    print('out', flush=True)\n    print('err', file=sys.stderr)\n    return 1\nrun(handle)";
    let mut stage = Stage::of(code);
    for _ in 0..2 {
        stage.invoke(json!({})).await;
        stage.until_idle(1).await;
    }
    let lines = stage.log();
    let id = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}";
    let report = format!(
        "REPORT RequestId: {id}\tDuration: [0-9.]+ ms\tBilled Duration: [0-9]+ ms\tMemory Size: 128 MB\tMax Memory Used: [1-9][0-9]* MB\t"
    );
    let invocation = [
        format!("START RequestId: {id} Version: \\$LATEST"),
        "out".into(),
        "err".into(),
        format!("END RequestId: {id}"),
    ];
    let expected: Vec<String> = [
        &[r"INIT_START Runtime Version: provided:al2023\.local\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:local".to_owned()],
        invocation.as_slice(),
        &[format!("{report}Init Duration: [0-9.]+ ms\t")],
        &invocation,
        &[report],
    ]
    .concat();
    assert_eq!(lines.len(), expected.len(), "{lines:#?}");
    for (line, pattern) in lines.iter().zip(&expected) {
        matches(line, pattern);
    }
    stage.lambda.stop().await;
}

#[tokio::test]
async fn a_timeout_and_a_failed_start_are_in_the_log() {
    let mut stage = Stage::new(
        "run(lambda event, headers: time.sleep(60))",
        |function, _| {
            function.timeout = Duration::from_millis(200);
        },
    );
    let outcome = stage
        .lambda
        .invoke_with_log("Fn", "1".into())
        .await
        .unwrap();
    let lines = stage.log();
    let id = outcome.request_id;
    matches(
        &lines[2],
        &format!("[0-9T:.-]+Z {id} Task timed out after 0.20 seconds"),
    );
    assert!(lines[4].ends_with("Status: timeout"), "{lines:#?}");
    assert_eq!(outcome.log_tail, lines[1..].join("\n") + "\n");

    let mut stage = Stage::of("print('cannot go on', file=sys.stderr); sys.exit(2)");
    stage.invoke(json!({})).await;
    let lines = stage.log();
    assert_eq!(lines[1], "cannot go on");
    matches(
        &lines[2],
        "INIT_REPORT Init Duration: [0-9.]+ ms\tPhase: init\tStatus: error\tError Type: Runtime.ExitError",
    );
}

#[tokio::test]
async fn a_line_knows_its_function_and_who_wrote_it() {
    let mut stage = Stage::of("print('ready', flush=True)\nrun(lambda event, headers: 1)");
    stage.invoke(json!({})).await;
    assert_eq!(
        stage.lines.recv().await.unwrap().source,
        LogSource::Platform
    );
    let ready = stage.lines.recv().await.unwrap();
    assert_eq!(
        (&*ready.function, ready.source, ready.text.as_str()),
        ("Fn", LogSource::Function, "ready")
    );
    assert_eq!(
        stage.lines.recv().await.unwrap().source,
        LogSource::Platform
    );
    stage.lambda.stop().await;
}
