//! Whole stacks of a small template, whose function tells its environment.

use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt};

use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
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
    let mut stream = TcpStream::connect(stack.address()).await.unwrap();
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
        stack.address()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 "), "{answer}");
    serde_json::from_str(body).unwrap()
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
