//! The Runtime API as a runtime sees it.

use std::fs;

use serde_json::{Value, json};

use super::{ECHO, Stage, value};

#[tokio::test]
async fn a_function_gets_the_event_and_its_result_comes_back() {
    let stage = Stage::of(ECHO);
    let outcome = stage.invoke(json!({"a": [1, "ä"]})).await;
    assert_eq!(
        (value(&outcome), outcome.failed),
        (json!({"a": [1, "ä"]}), false)
    );
    stage.lambda.stop().await;
}

#[tokio::test]
async fn an_event_comes_with_the_headers_of_lambda() {
    let stage = Stage::of("run(lambda event, headers: dict(headers))");
    let outcome = stage.invoke(json!({})).await;
    let headers = value(&outcome);
    assert_eq!(headers["Content-Type"], "application/json");
    assert_eq!(
        headers["Lambda-Runtime-Aws-Request-Id"],
        outcome.request_id.to_string()
    );
    let arn = "arn:aws:lambda:us-east-1:123456789012:function:Fn";
    assert_eq!(headers["Lambda-Runtime-Invoked-Function-Arn"], arn);
    assert!(headers["Lambda-Runtime-Invocation-Id"].is_string());
    let trace = headers["Lambda-Runtime-Trace-Id"].as_str().unwrap();
    assert!(
        trace.starts_with("Root=1-") && trace.ends_with(";Sampled=1"),
        "{trace}"
    );
    assert_eq!(
        trace.len(),
        "Root=1-01234567-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled=1".len()
    );
    let deadline: i64 = headers["Lambda-Runtime-Deadline-Ms"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let left = deadline - chrono::Utc::now().timestamp_millis();
    assert!((3_000..=5_000).contains(&left), "{left}");
    stage.lambda.stop().await;
}

#[tokio::test]
async fn a_process_has_the_variables_of_lambda_and_no_others() {
    let stage = Stage::new(
        "run(lambda event, headers: [dict(os.environ), os.getcwd()])",
        |_, options| {
            let variables = [("GREETING", "hi"), ("EXTRA", "1")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()));
            options.variables.insert("Fn".to_owned(), variables.into());
        },
    );
    let answer = value(&stage.invoke(json!({})).await);
    let (variables, folder) = (&answer[0], &answer[1]);
    for (name, expected) in [
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
        ("AWS_LAMBDA_FUNCTION_NAME", "Fn"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/Fn"),
        ("AWS_REGION", "us-east-1"),
        ("EXTRA", "1"),
        ("GREETING", "hi"),
        ("TZ", ":UTC"),
    ] {
        assert_eq!(variables[name], expected, "{name}");
    }
    assert!(
        variables["AWS_LAMBDA_RUNTIME_API"]
            .as_str()
            .unwrap()
            .starts_with("127.0.0.1:")
    );
    let path = |folder: &Value| fs::canonicalize(folder.as_str().unwrap()).unwrap();
    assert_eq!(path(&variables["LAMBDA_TASK_ROOT"]), path(folder));
    assert!(
        variables.get("CARGO").is_none(),
        "variables of the stack's own process must not leak"
    );
    stage.lambda.stop().await;
}

#[tokio::test]
async fn answers_with_wrong_ids_are_refused_and_the_right_one_is_accepted() {
    let code = r#"
_, event, headers = call("GET", "invocation/next")
request, attempt = headers["Lambda-Runtime-Aws-Request-Id"], {"Lambda-Runtime-Invocation-Id": headers["Lambda-Runtime-Invocation-Id"]}
path = "invocation/" + request + "/response"
answers = [
    call("POST", "invocation/00000000-0000-4000-8000-000000000000/response", "1"),
    call("POST", path, "1", {"Lambda-Runtime-Invocation-Id": "00000000-0000-4000-8000-000000000000"}),
    call("GET", "invocation/next"),
    call("GET", "nothing"),
]
answers = [[status, json.loads(body)] for status, body, _ in answers]
status, body, _ = call("POST", path, json.dumps(answers), attempt)
again, _, _ = call("POST", path, "1", attempt)
_, event, headers = call("GET", "invocation/next")
call("POST", "invocation/" + headers["Lambda-Runtime-Aws-Request-Id"] + "/response", json.dumps([status, body.decode(), again]))
call("GET", "invocation/next")
"#;
    let stage = Stage::of(code);
    let refused = value(&stage.invoke(json!({})).await);
    let open = "The invocation has not been answered";
    assert_eq!(
        refused,
        json!([
            [400, {"errorType": "InvalidRequestID", "errorMessage": "Invalid request ID"}],
            [400, {"errorType": "InvalidInvocationId", "errorMessage": "Invalid invocation ID"}],
            [403, {"errorType": "InvalidStateTransition", "errorMessage": open}],
            [404, {"errorType": "NotFound", "errorMessage": "The Runtime API has no such path"}],
        ])
    );
    stage.until_idle(1).await;
    let accepted = value(&stage.invoke(json!({})).await);
    assert_eq!(accepted, json!([202, r#"{"status":"OK"}"#, 400]));
    stage.lambda.stop().await;
}

#[tokio::test]
async fn a_runtime_that_lost_its_connection_gets_the_event_when_it_asks_again() {
    let code = r#"
import socket
_, event, headers = call("GET", "invocation/next")
call("POST", "invocation/" + headers["Lambda-Runtime-Aws-Request-Id"] + "/response", event)
address = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")
lost = socket.create_connection((address[0], int(address[1])))
lost.sendall(b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n")
time.sleep(0.1)
lost.close()
time.sleep(0.1)
open("lost", "w").close()
time.sleep(0.3)
run(lambda event, headers: event)
"#;
    let stage = Stage::of(code);
    assert_eq!(value(&stage.invoke(json!(1)).await), json!(1));
    stage.until_file("lost").await;
    assert_eq!(value(&stage.invoke(json!(2)).await), json!(2));
    stage.lambda.stop().await;
}

#[tokio::test]
async fn six_megabytes_go_through_and_more_is_a_failure_that_the_process_survives() {
    let stage = Stage::of("run(lambda event, headers: 'x' * event)");
    let fits = stage.invoke(json!(6_291_556 - 2)).await;
    assert_eq!((fits.payload.len(), fits.failed), (6_291_556, false));
    let large = stage.invoke(json!(6_291_556 - 1)).await;
    assert!(large.failed);
    assert_eq!(
        String::from_utf8(large.payload.to_vec()).unwrap(),
        r#"{"errorType":"Function.ResponseSizeTooLarge","errorMessage":"Response payload size exceeded maximum allowed payload size (6291556 bytes)."}"#
    );
    assert_eq!(stage.invoke(json!(1)).await.payload, "\"x\"");
    stage.lambda.stop().await;
}
