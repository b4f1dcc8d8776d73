//! HTTP APIs and static files.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    functions::{Reply, body, ok},
    world::Setup,
};
use crate::{lambda::InvokeError, template::Cors};

#[tokio::test]
async fn a_function_receives_the_request() {
    let world = Setup::new()
        .http("POST /pets/{id}", |_| body("ok"))
        .start()
        .await;
    let headers = [
        "Cookie: c1=v1; c2=v2",
        "H: v1",
        "H: v2",
        "Content-Type: application/json",
        "User-Agent: Tester/1",
    ];
    let answer = world
        .request("POST /pets/a%20b?a=1&a=2&b=x%20y", &headers, b"{\"n\":1}")
        .await;
    assert!(answer.is(200, "ok"), "{answer:?}");
    let event = world.event("POST /pets/{id}", 0).await;
    assert_eq!(
        event["requestContext"]["domainName"],
        world.address.to_string()
    );
    insta::assert_json_snapshot!(event, {
        ".headers.host" => "[host]",
        ".headers[\"x-amzn-trace-id\"]" => "[trace]",
        ".headers[\"x-forwarded-port\"]" => "[port]",
        ".requestContext.domainName" => "[host]",
        ".requestContext.requestId" => "[id]",
        ".requestContext.time" => "[time]",
        ".requestContext.timeEpoch" => "[ms]",
    }, @r#"
    {
      "body": "{\"n\":1}",
      "cookies": [
        "c1=v1",
        "c2=v2"
      ],
      "headers": {
        "content-length": "7",
        "content-type": "application/json",
        "h": "v1,v2",
        "host": "[host]",
        "user-agent": "Tester/1",
        "x-amzn-trace-id": "[trace]",
        "x-forwarded-for": "127.0.0.1",
        "x-forwarded-port": "[port]",
        "x-forwarded-proto": "http"
      },
      "isBase64Encoded": false,
      "pathParameters": {
        "id": "a b"
      },
      "queryStringParameters": {
        "a": "1,2",
        "b": "x y"
      },
      "rawPath": "/pets/a b",
      "rawQueryString": "a=1&a=2&b=x%20y",
      "requestContext": {
        "accountId": "123456789012",
        "apiId": "efgh123456",
        "domainName": "[host]",
        "domainPrefix": "127",
        "http": {
          "method": "POST",
          "path": "/pets/a b",
          "protocol": "HTTP/1.1",
          "sourceIp": "127.0.0.1",
          "userAgent": "Tester/1"
        },
        "requestId": "[id]",
        "routeKey": "POST /pets/{id}",
        "stage": "$default",
        "time": "[time]",
        "timeEpoch": "[ms]"
      },
      "routeKey": "POST /pets/{id}",
      "version": "2.0"
    }
    "#);
    assert_eq!(
        answer.header("apigw-requestid"),
        event["requestContext"]["requestId"].as_str()
    );
}

#[tokio::test]
async fn a_bare_request_has_only_what_it_has() {
    let world = Setup::new().http("$default", |_| ok()).start().await;
    let answer = world.request("GET /", &[], b"").await;
    assert_eq!(
        answer.header("content-type"),
        Some("text/plain; charset=utf-8")
    );
    let event = world.event("$default", 0).await;
    let members: Vec<&String> = event.as_object().unwrap().keys().collect();
    let expected = [
        "headers",
        "isBase64Encoded",
        "rawPath",
        "rawQueryString",
        "requestContext",
        "routeKey",
        "version",
    ];
    assert_eq!(members, expected);
    assert_eq!(event["headers"]["content-length"], "0");
    assert_eq!(event["rawQueryString"], "");
}

#[tokio::test]
async fn bodies_that_are_not_text_are_encoded() {
    let world = Setup::new().http("$default", |_| ok()).start().await;
    let cases: [(&[&str], &[u8], Value, bool); 4] = [
        (&["content-type: image/png"], b"abc", json!("YWJj"), true),
        (
            &["content-type: application/x-www-form-urlencoded"],
            b"a=1",
            json!("YT0x"),
            true,
        ),
        (
            &["content-type: application/problem+json; charset=utf-8"],
            b"{}",
            json!("{}"),
            false,
        ),
        (&[], b"\xff", json!("/w=="), true),
    ];
    for (nth, (headers, payload, expected, encoded)) in cases.into_iter().enumerate() {
        world.request("POST /", headers, payload).await;
        let event = world.event("$default", nth).await;
        assert_eq!(
            (event["body"].clone(), event["isBase64Encoded"].clone()),
            (expected, json!(encoded))
        );
    }
}

#[tokio::test]
async fn a_response_carries_cookies_and_headers() {
    let result = json!({
        "statusCode": 201,
        "headers": {"X-A": "1", "content-type": "application/problem+json"},
        "cookies": ["a=1", "b=2; Secure"],
        "body": "aGk=",
        "isBase64Encoded": true,
    });
    let world = Setup::new()
        .http("GET /", move |_| Reply::Result(result.clone()))
        .start()
        .await;
    let answer = world.request("GET /", &[], b"").await;
    assert!(answer.is(201, "hi"), "{answer:?}");
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json")
    );
    let cookies: Vec<&str> = answer
        .headers
        .iter()
        .filter(|(name, _)| name == "set-cookie")
        .map(|(_, value)| value.as_str())
        .collect();
    assert_eq!(cookies, ["a=1", "b=2; Secure"]);
}

#[tokio::test]
async fn what_fails_is_answered_by_the_gateway() {
    let world = Setup::new()
        .http("GET /fail", |_| Reply::Fail("oh"))
        .http("GET /throttled", |_| Reply::Refuse(InvokeError::Throttled))
        .http("GET /malformed", |_| {
            Reply::Result(json!({"statusCode": "200"}))
        })
        .http("GET /slow", |_| {
            Reply::After(Duration::from_secs(1), json!({"statusCode": 200}))
        })
        .http("POST /upload", |_| ok())
        .http("GET /raw", |_| Reply::Raw("{\"not json"))
        .limits(|limits| limits.http_integration = Duration::from_millis(100))
        .limits(|limits| limits.http_body_bytes = 100)
        .start()
        .await;
    let long = format!("x-long: {}", "x".repeat(10_240));
    type Case<'a> = (&'a str, &'a [&'a str], &'a [u8], u16, &'a str);
    let cases: [Case<'_>; 8] = [
        ("GET /nowhere", &[], b"", 404, r#"{"message":"Not Found"}"#),
        (
            "GET /fail",
            &[],
            b"",
            500,
            r#"{"message":"Internal Server Error"}"#,
        ),
        (
            "GET /malformed",
            &[],
            b"",
            500,
            r#"{"message":"Internal Server Error"}"#,
        ),
        (
            "GET /throttled",
            &[],
            b"",
            503,
            r#"{"message":"Service Unavailable"}"#,
        ),
        (
            "GET /slow",
            &[],
            b"",
            503,
            r#"{"message":"Service Unavailable"}"#,
        ),
        (
            "POST /upload",
            &[],
            &[b'x'; 101],
            413,
            r#"{"message":"Request Entity Too Large"}"#,
        ),
        (
            "GET /raw",
            &[&long],
            b"",
            431,
            r#"{"message":"Request Header Fields Too Large"}"#,
        ),
        ("GET /raw", &[], b"", 200, "{\"not json"),
    ];
    for (line, headers, payload, status, text) in cases {
        let answer = world.request(line, headers, payload).await;
        assert!(answer.is(status, text), "{line}: {answer:?}");
        assert!(answer.header("apigw-requestid").is_some(), "{line}");
        assert_eq!(
            answer.header("content-type"),
            Some("application/json"),
            "{line}"
        );
    }
}

#[tokio::test]
async fn a_named_stage_is_the_first_part_of_the_path() {
    let world = Setup::new()
        .http("GET /pets", |_| ok())
        .http_stage("v1")
        .start()
        .await;
    assert_eq!(world.request("GET /v1/pets", &[], b"").await.status, 200);
    let event = world.event("GET /pets", 0).await;
    assert_eq!(
        (
            event["rawPath"].as_str(),
            event["requestContext"]["stage"].as_str()
        ),
        (Some("/v1/pets"), Some("v1"))
    );
    assert_eq!(world.request("GET /pets", &[], b"").await.status, 404);
    assert_eq!(world.request("GET /v12/pets", &[], b"").await.status, 404);
}

#[tokio::test]
async fn browsers_are_answered_by_the_gateway() {
    let cors = Cors {
        allow_origins: vec!["http://page.example".to_owned()],
        allow_methods: vec!["GET".to_owned()],
        ..Cors::default()
    };
    let world = Setup::new()
        .http("GET /pets", |_| ok())
        .cors(cors)
        .start()
        .await;
    let origin = "origin: http://page.example";
    let preflight = world
        .request(
            "OPTIONS /anything",
            &[origin, "access-control-request-method: GET"],
            b"",
        )
        .await;
    assert!(preflight.is(204, ""), "{preflight:?}");
    assert_eq!(
        preflight.header("access-control-allow-methods"),
        Some("GET")
    );
    assert_eq!(
        preflight.header("access-control-allow-origin"),
        Some("http://page.example")
    );
    for (line, status) in [("GET /pets", 200), ("GET /nowhere", 404)] {
        let answer = world.request(line, &[origin], b"").await;
        assert_eq!(answer.status, status);
        assert_eq!(
            answer.header("access-control-allow-origin"),
            Some("http://page.example"),
            "{line}"
        );
    }
    assert_eq!(
        world
            .request("GET /pets", &[], b"")
            .await
            .header("access-control-allow-origin"),
        None
    );
    assert_eq!(
        world.request("OPTIONS /pets", &[origin], b"").await.status,
        404,
        "not a preflight"
    );
}

#[tokio::test]
async fn files_are_served_where_no_route_is() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("index.html"), "<p>page</p>").unwrap();
    std::fs::write(folder.path().join("pets"), "a file").unwrap();
    let world = Setup::new()
        .http("GET /pets", |_| body("a function"))
        .static_dir(folder.path())
        .start()
        .await;
    let page = world.request("GET /", &[], b"").await;
    assert!(page.is(200, "<p>page</p>"), "{page:?}");
    assert_eq!(page.header("cache-control"), Some("no-cache"));
    let head = world.request("HEAD /index.html", &[], b"").await;
    assert!(head.is(200, ""), "{head:?}");
    assert_eq!(head.header("content-length"), Some("11"));
    assert!(
        world
            .request("GET /pets", &[], b"")
            .await
            .is(200, "a function")
    );
    assert!(
        world
            .request("GET /nope", &[], b"")
            .await
            .is(404, r#"{"message":"Not Found"}"#)
    );
    assert!(
        world
            .request("POST /", &[], b"")
            .await
            .is(404, r#"{"message":"Not Found"}"#)
    );
}
