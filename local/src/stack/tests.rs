//! Whole stacks of a small template, whose function tells its environment.

use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::{Stack, StackOptions, gateway_options};
use crate::{
    gateway::ThrottleLimits,
    services::{Install, Lifetime},
};

const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Tell:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: .
      Runtime: provided.al2023
      Environment:
        Variables:
          GREETING: hello
          REDIS_URL: redis://elsewhere
      Events:
        Hourly: { Type: ScheduleV2, Properties: { ScheduleExpression: cron(0 * * * ? *) } }
        Get: { Type: HttpApi, Properties: { Method: GET, Path: /environment } }
";

const BOOTSTRAP: &str = r#"#!/usr/bin/env python3
import http.client, json, os

api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
while True:
    api.request("GET", "/2018-06-01/runtime/invocation/next")
    event = api.getresponse()
    event.read()
    path = "/2018-06-01/runtime/invocation/" + event.headers["Lambda-Runtime-Aws-Request-Id"] + "/response"
    api.request("POST", path, json.dumps(dict(os.environ)))
    api.getresponse().read()
"#;

fn options(folder: &TempDir) -> StackOptions {
    let template = folder.path().join("template.yaml");
    fs::write(&template, TEMPLATE).unwrap();
    let bootstrap = folder.path().join("bootstrap");
    fs::write(&bootstrap, BOOTSTRAP).unwrap();
    fs::set_permissions(&bootstrap, fs::Permissions::from_mode(0o755)).unwrap();
    let state = concat!(env!("CARGO_MANIFEST_DIR"), "/../.local");
    let mut options = StackOptions::new(template, state);
    options.lifetime = Lifetime::Throwaway;
    options.install = Install::Private;
    options
}

fn one(name: &str, value: &str) -> BTreeMap<String, String> {
    BTreeMap::from([(name.to_owned(), value.to_owned())])
}

/// The body of an answer to `GET path`.
async fn get(stack: &Stack, path: &str) -> Value {
    let (status, body) = ask(stack, "GET", path, "", "").await;
    assert_eq!(status, 200, "{body}");
    body
}

/// Status and body of an answer to a request, with more header lines that each end in a line break.
async fn ask(stack: &Stack, method: &str, path: &str, headers: &str, body: &str) -> (u16, Value) {
    let mut stream = TcpStream::connect(stack.address()).await.unwrap();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {}\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n{body}",
        stack.address(),
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap())
}

#[tokio::test]
async fn a_function_is_served_with_the_address_of_what_was_started_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let stack = Stack::start(options(&folder)).await.unwrap();
    let environment = get(&stack, "/environment").await;
    assert_eq!(environment["GREETING"], "hello");
    let proxied = environment["REDIS_URL"].as_str().unwrap();
    assert_ne!(proxied, stack.redis_url().unwrap());
    let proxy = proxied.strip_prefix("redis://").unwrap();
    let mut redis = TcpStream::connect(proxy).await.unwrap();
    redis.write_all(b"PING\r\n").await.unwrap();
    let mut pong = [0; 7];
    redis.read_exact(&mut pong).await.unwrap();
    assert_eq!(&pong, b"+PONG\r\n");
    assert!(stack.redis().is_some());
    assert!(
        stack.postgres().is_none() && stack.database_url().is_none(),
        "no function declares DATABASE_URL"
    );

    let address = stack.address().to_owned();
    stack.stop().await.unwrap();
    TcpStream::connect(address).await.unwrap_err();
}

#[tokio::test]
async fn a_given_address_starts_nothing_and_an_override_wins_over_the_shell() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(&folder);
    options.redis_url = Some("redis://given".to_owned());
    options.shell = one("GREETING", "from the shell");
    let stack = Stack::start(options.clone()).await.unwrap();
    let environment = get(&stack, "/environment").await;
    assert_eq!(
        (&environment["GREETING"], &environment["REDIS_URL"]),
        (&"from the shell".into(), &"redis://given".into())
    );
    assert!(stack.redis().is_none());

    options.environment = one("GREETING", "from the test");
    let stack = Stack::start(options).await.unwrap();
    assert_eq!(
        get(&stack, "/environment").await["GREETING"],
        "from the test"
    );
}

#[tokio::test]
async fn a_port_that_is_taken_is_told_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let stack = Stack::start(options(&folder)).await.unwrap();
    let (_, port) = stack.address().split_once(':').unwrap();
    let mut second = options(&folder);
    second.port = port.parse().unwrap();
    let error = Stack::start(second).await.unwrap_err();
    let expected =
        format!("port {port} is in use: stop what uses it, or choose another with --port");
    assert_eq!(error.to_string(), expected);
}

#[tokio::test]
async fn a_dropped_stack_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let stack = Stack::start(options(&folder)).await.unwrap();
    let redis = stack
        .redis_url()
        .unwrap()
        .strip_prefix("redis://")
        .unwrap()
        .to_owned();
    TcpStream::connect(&redis).await.unwrap();
    drop(stack);
    TcpStream::connect(redis).await.unwrap_err();
}

#[tokio::test]
async fn the_dials_are_set_shown_and_reset_over_http() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(&folder);
    // What the schedule runs in the two hours could use up what is set here.
    options.schedules = false;
    let stack = Stack::start(options).await.unwrap();
    let post = async |path: &str, body: Value| {
        let (status, answer) = ask(&stack, "POST", path, "", &body.to_string()).await;
        assert_eq!(status, 200, "{answer}");
        answer
    };
    let clock = post("/_local/clock", json!({"advance": "2h"})).await;
    assert_eq!(clock["ahead"], "2h");
    post("/_local/dials/disconnects", json!({"drop": 2})).await;
    post(
        "/_local/dials/posts",
        json!({"status": 429, "next": 3, "connection": "a="}),
    )
    .await;
    post("/_local/dials/posts", json!({"reorder": 2})).await;
    post(
        "/_local/dials/kills",
        json!({"function": "Tell", "after": "5ms"}),
    )
    .await;
    post(
        "/_local/dials/redis",
        json!({"state": "slow", "delay": "1ms"}),
    )
    .await;
    let mut dials = get(&stack, "/_local/dials").await;
    dials.as_object_mut().unwrap().remove("clock");
    let set = json!({
        "disconnects": {"drop": 2},
        "posts": [{"status": 429, "next": 3, "connection": "a="}, {"reorder": 2}],
        "kills": [{"function": "Tell", "after": "5ms", "next": 1}],
        "postgres": null,
        "redis": {"state": "slow", "delay": "1ms"},
    });
    assert_eq!(dials, set);

    let (_, mut dials) = ask(&stack, "DELETE", "/_local/dials", "", "").await;
    let ahead = dials.as_object_mut().unwrap().remove("clock").unwrap()["ahead"].take();
    assert_eq!(ahead, "2h", "no time comes back");
    let unset = json!({
        "disconnects": {"drop": 0}, "posts": [], "kills": [], "postgres": null, "redis": {"state": "open"}
    });
    assert_eq!(dials, unset);
}

#[tokio::test]
async fn a_dial_that_cannot_be_set_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let stack = Stack::start(options(&folder)).await.unwrap();
    for (request, status, message) in [
        (
            (
                "POST",
                "/_local/dials/kills",
                r#"{"function": "Told", "when": "at_post"}"#,
            ),
            404,
            "there is no function Told; there are: Tell",
        ),
        (
            ("POST", "/_local/dials/postgres", r#"{"state": "cut"}"#),
            409,
            "the stack did not start this server: only one that it has started itself can be cut or slowed",
        ),
        (
            ("POST", "/_local/clock", r#"{"advance": 7200}"#),
            400,
            "the body does not fit: invalid type: integer `7200`, expected a string at line 1 column 16",
        ),
        (
            ("POST", "/_local/clock", r#"{"advance": "200000000d"}"#),
            400,
            "the clock cannot be moved on so far",
        ),
        (
            ("POST", "/_local/schedules/Daily", ""),
            404,
            "there is no schedule Daily",
        ),
        (
            ("GET", "/_local/dial", ""),
            404,
            "there is no GET /_local/dial here: try /_local/clock, /_local/dials or /_local/schedules",
        ),
    ] {
        let (method, path, body) = request;
        let answer = ask(&stack, method, path, "", body).await;
        assert_eq!(answer, (status, json!({"message": message})));
    }
    let foreign = "origin: http://elsewhere.example\r\n";
    let (status, _) = ask(&stack, "DELETE", "/_local/dials", foreign, "").await;
    assert_eq!(status, 403, "another page of the browser has no say");
}

#[tokio::test]
async fn schedules_are_listed_run_by_hand_and_run_when_their_time_comes() {
    let folder = tempfile::tempdir().unwrap();
    let stack = Stack::start(options(&folder)).await.unwrap();
    let listed = get(&stack, "/_local/schedules").await;
    let schedule = &listed["schedules"][0];
    assert_eq!(
        (&schedule["name"], &schedule["expression"]),
        (&json!("TellHourly"), &json!("cron(0 * * * ? *)"))
    );
    let next: Vec<DateTime<Utc>> = serde_json::from_value(schedule["next"].clone()).unwrap();
    assert_eq!(next.len(), 3);
    assert!(
        next.windows(2)
            .all(|pair| pair[1] - pair[0] == TimeDelta::hours(1))
    );

    let mut lines = stack.logs().subscribe();
    let (status, answer) = ask(&stack, "POST", "/_local/schedules/TellHourly", "", "").await;
    assert_eq!(status, 202);
    assert!(answer["request_id"].is_string());
    let mut started = async || {
        let start = async { while !lines.recv().await.unwrap().text.starts_with("START") {} };
        timeout(Duration::from_secs(10), start).await.unwrap();
    };
    started().await;
    // One by one: the clock does not wait long for what falls due.
    for _ in 0..3 {
        let hour = Duration::from_secs(3600);
        stack.clock().advance(hour).await.unwrap();
        started().await;
    }
}

#[test]
fn a_strict_stack_has_the_throttles_of_an_account_unless_others_are_set() {
    let folder = tempfile::tempdir().unwrap();
    let throttles = |strict, throttles| {
        let mut options = options(&folder);
        options.strict = strict;
        options.limits.throttles = throttles;
        gateway_options(options, "localhost:3000").limits.throttles
    };
    assert_eq!(throttles(false, None), None);
    assert_eq!(throttles(true, None), Some(ThrottleLimits::default()));
    let own = ThrottleLimits {
        connects_per_second: 1,
        ..ThrottleLimits::default()
    };
    assert_eq!(throttles(true, Some(own.clone())), Some(own));
}
