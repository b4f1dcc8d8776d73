//! The Invoke API, byte for byte.

use base64::{Engine, engine::general_purpose::STANDARD};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::{ECHO, Lambda, Stage};
use crate::lambda::routes;

struct Reply {
    status: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Reply {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

async fn post(lambda: &Lambda, path: &str, headers: &str, body: &str) -> Reply {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(axum::serve(listener, routes(lambda.clone())).into_future());
    let mut stream = TcpStream::connect(address).await.unwrap();
    let length = body.len();
    let request = format!(
        "POST /2015-03-31/functions/{path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await.unwrap();
    server.abort();
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let status = lines
        .next()
        .unwrap()
        .trim_start_matches("HTTP/1.1 ")
        .to_owned();
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    Reply {
        status,
        headers: headers.collect(),
        body: body.to_owned(),
    }
}

#[tokio::test]
async fn a_result_comes_with_the_version_and_a_request_id() {
    let stage = Stage::of(ECHO);
    for path in [
        "Fn/invocations",
        "Fn:$LATEST/invocations",
        "Fn/invocations?Qualifier=%24LATEST",
        "arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3AFn/invocations",
        "123456789012:function:Fn/invocations",
    ] {
        let reply = post(&stage.lambda, path, "", "{\"a\":1}").await;
        assert_eq!(
            (reply.status.as_str(), reply.body.as_str()),
            ("200 OK", "{\"a\": 1}"),
            "{path}"
        );
        assert_eq!(reply.header("x-amz-executed-version"), Some("$LATEST"));
        assert_eq!(reply.header("content-type"), Some("application/json"));
        assert_eq!(reply.header("x-amzn-requestid").map(str::len), Some(36));
        assert_eq!(
            (
                reply.header("x-amz-function-error"),
                reply.header("x-amz-log-result")
            ),
            (None, None)
        );
    }
    assert_eq!(
        post(&stage.lambda, "Fn/invocations", "", "").await.body,
        "{}"
    );
    stage.lambda.stop().await;
}

#[tokio::test]
async fn a_failure_of_the_function_is_a_200_with_a_header_and_its_log() {
    let stage = Stage::of(
        "print('said', flush=True) or run(lambda event, headers: print('working', flush=True) or sys.exit(7))",
    );
    let reply = post(
        &stage.lambda,
        "Fn/invocations",
        "x-amz-log-type: Tail\r\n",
        "{}",
    )
    .await;
    assert_eq!(
        (reply.status.as_str(), reply.header("x-amz-function-error")),
        ("200 OK", Some("Unhandled"))
    );
    let id = reply.header("x-amzn-requestid").unwrap();
    assert_eq!(
        reply.body,
        format!(
            r#"{{"errorType":"Runtime.ExitError","errorMessage":"RequestId: {id} Error: Runtime exited with error: exit status 7"}}"#
        )
    );
    let log = STANDARD
        .decode(reply.header("x-amz-log-result").unwrap())
        .unwrap();
    let log = String::from_utf8(log).unwrap();
    assert!(
        log.starts_with(&format!(
            "START RequestId: {id} Version: $LATEST\nworking\n"
        )),
        "{log}"
    );
    assert!(
        log.ends_with("Status: error\tError Type: Runtime.ExitError\n"),
        "{log}"
    );
    stage.lambda.stop().await;
}

#[tokio::test]
async fn an_event_is_202_and_a_dry_run_204() {
    let stage = Stage::of("run(lambda event, headers: open('done', 'w').close())");
    let reply = post(
        &stage.lambda,
        "Fn/invocations",
        "x-amz-invocation-type: DryRun\r\n",
        "{}",
    )
    .await;
    assert_eq!(
        (reply.status.as_str(), reply.body.as_str()),
        ("204 No Content", "")
    );
    let reply = post(
        &stage.lambda,
        "Fn/invocations",
        "x-amz-invocation-type: Event\r\n",
        "{}",
    )
    .await;
    assert_eq!(
        (reply.status.as_str(), reply.body.as_str()),
        ("202 Accepted", "")
    );
    stage.until_file("done").await;
    stage.lambda.stop().await;
}

#[tokio::test]
async fn errors_are_those_of_the_service_model() {
    let stage = Stage::new(ECHO, |function, _| function.reserved_concurrency = Some(0));
    let arn = "arn:aws:lambda:us-east-1:123456789012:function";
    for (path, headers, body, status, code, document) in [
        (
            "Nope/invocations",
            "",
            "{}",
            "404 Not Found",
            "ResourceNotFoundException",
            format!(r#"{{"Type":"User","Message":"Function not found: {arn}:Nope"}}"#),
        ),
        (
            "Fn:live/invocations",
            "",
            "{}",
            "404 Not Found",
            "ResourceNotFoundException",
            format!(r#"{{"Type":"User","Message":"Function not found: {arn}:Fn:live"}}"#),
        ),
        (
            "Fn/invocations",
            "",
            "{}",
            "429 Too Many Requests",
            "TooManyRequestsException",
            r#"{"Reason":"ReservedFunctionConcurrentInvocationLimitExceeded","Type":"User","message":"Rate Exceeded."}"#.to_owned(),
        ),
        (
            "Fn/invocations",
            "",
            "{",
            "400 Bad Request",
            "InvalidRequestContentException",
            r#"{"Type":"User","message":"Could not parse request body into json: EOF while parsing an object at line 1 column 1"}"#.to_owned(),
        ),
        (
            "Fn/invocations",
            "x-amz-invocation-type: Later\r\n",
            "{}",
            "400 Bad Request",
            "InvalidParameterValueException",
            r#"{"Type":"User","message":"Unknown invocation type: Later"}"#.to_owned(),
        ),
    ] {
        let reply = post(&stage.lambda, path, headers, body).await;
        assert_eq!((reply.status.as_str(), reply.header("x-amzn-errortype")), (status, Some(code)));
        assert_eq!(reply.body, document);
        assert_eq!(reply.header("retry-after"), status.starts_with("429").then_some("1"));
    }
    stage.lambda.stop().await;
}

#[tokio::test]
async fn a_request_that_is_too_large_is_413_with_the_limit_of_its_kind() {
    let stage = Stage::of(ECHO);
    let large = format!("\"{}\"", "x".repeat(1_048_576));
    let reply = post(
        &stage.lambda,
        "Fn/invocations",
        "x-amz-invocation-type: Event\r\n",
        &large,
    )
    .await;
    assert_eq!(reply.status, "413 Payload Too Large");
    assert_eq!(
        reply.body,
        r#"{"Type":"User","message":"Request must be smaller than 1048576 bytes for the InvokeFunction operation"}"#
    );
    assert_eq!(
        post(&stage.lambda, "Fn/invocations", "", &large)
            .await
            .status,
        "200 OK"
    );
    stage.lambda.stop().await;
}

/// `fetch` with `no-cors` needs nobody's permission to send this.
#[tokio::test]
async fn a_page_of_another_origin_invokes_nothing() {
    let stage = Stage::of(ECHO);
    let foreign = "origin: http://elsewhere.example\r\n";
    let reply = post(&stage.lambda, "Fn/invocations", foreign, "{}").await;
    assert_eq!(reply.status, "403 Forbidden");
    stage.lambda.stop().await;
}
