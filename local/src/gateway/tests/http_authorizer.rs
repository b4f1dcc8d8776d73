//! Lambda authorizers of HTTP APIs.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    functions::{Reply, body, ok},
    world::{Setup, World},
};
use crate::template::{Cors, HttpAuthorizer};

const TOKEN: &str = "authorization: open sesame";

fn simple(allowed: bool) -> Reply {
    Reply::Result(json!({"isAuthorized": allowed, "context": {"user": {"id": 7}}}))
}

async fn world(
    change: impl FnOnce(&mut HttpAuthorizer),
    authorizer: impl Fn(Value) -> Reply + Send + Sync + 'static,
) -> World {
    Setup::new()
        .http_authorizer(change, authorizer)
        .http("GET /pets/{id}", |_| body("pet"))
        .http("POST /pets", |_| ok())
        .limits(|limits| limits.http_authorizer = Duration::from_millis(100))
        .start()
        .await
}

#[tokio::test]
async fn the_authorizer_speaks_in_the_event_of_the_function() {
    let world = world(|_| {}, |_| simple(true)).await;
    let headers = [TOKEN, "cookie: a=1; b=2"];
    let answer = world.request("GET /pets/6?q=1", &headers, b"").await;
    assert!(answer.is(200, "pet"), "{answer:?}");
    let event = world.event("GET /pets/{id}", 0).await;
    let expected = json!({"lambda": {"user": {"id": 7}}});
    assert_eq!(event["requestContext"]["authorizer"], expected);

    let mut asked = world.event("http-authorizer", 0).await;
    assert_eq!(asked["headers"].take()["authorization"], "open sesame");
    let context = asked["requestContext"].take();
    assert_eq!(context["http"]["method"], "GET");
    assert_eq!(context.get("authorizer"), None);
    assert_eq!(
        asked,
        json!({
            "version": "2.0",
            "type": "REQUEST",
            "routeArn": "arn:aws:execute-api:us-east-1:123456789012:efgh123456/$default/GET/pets/6",
            "identitySource": ["open sesame"],
            "routeKey": "GET /pets/{id}",
            "rawPath": "/pets/6",
            "rawQueryString": "q=1",
            "cookies": ["a=1", "b=2"],
            "headers": null,
            "queryStringParameters": {"q": "1"},
            "requestContext": null,
            "pathParameters": {"id": "6"},
        })
    );
}

#[tokio::test]
async fn a_request_without_an_identity_is_refused_unasked() {
    let world = world(
        |authorizer| {
            authorizer
                .identity_sources
                .push("$request.querystring.key".to_owned())
        },
        |_| simple(true),
    )
    .await;
    for (target, headers) in [
        ("GET /pets/6?key=1", &[][..]),
        ("GET /pets/6", &[TOKEN]),
        ("GET /pets/6?key=", &[TOKEN]),
    ] {
        let answer = world.request(target, headers, b"").await;
        assert!(
            answer.is(401, r#"{"message":"Unauthorized"}"#),
            "{target}: {answer:?}"
        );
    }
    assert!(world.events("http-authorizer").is_empty());
    assert_eq!(
        world
            .request("GET /pets/6?key=1", &[TOKEN], b"")
            .await
            .status,
        200
    );
    let asked = world.event("http-authorizer", 0).await;
    assert_eq!(asked["identitySource"], json!(["open sesame", "1"]));
}

#[tokio::test]
async fn the_authorizer_turns_requests_away() {
    type Case = (fn(Value) -> Reply, u16, &'static str);
    let broken = r#"{"message":"Internal Server Error"}"#;
    let cases: [Case; 6] = [
        (|_| simple(false), 403, r#"{"message":"Forbidden"}"#),
        (
            |_| Reply::Fail("Unauthorized"),
            401,
            r#"{"message":"Unauthorized"}"#,
        ),
        (
            |_| Reply::Result(json!({"errorMessage": "Unauthorized"})),
            401,
            r#"{"message":"Unauthorized"}"#,
        ),
        (|_| Reply::Fail("oh"), 500, broken),
        (|_| Reply::Result(json!({"principalId": "me"})), 500, broken),
        (
            |_| Reply::After(Duration::from_secs(1), json!({"isAuthorized": true})),
            500,
            broken,
        ),
    ];
    for (authorizer, status, body) in cases {
        let world = world(|_| {}, authorizer).await;
        let answer = world.request("GET /pets/6", &[TOKEN], b"").await;
        assert!(answer.is(status, body), "{answer:?}");
        assert!(answer.header("apigw-requestid").is_some());
        assert!(world.events("GET /pets/{id}").is_empty());
    }
}

#[tokio::test]
async fn a_policy_allows_routes_one_by_one_even_from_the_cache() {
    let allows_reading = |event: Value| {
        let arn = event["routeArn"].as_str().unwrap();
        let (api, _) = arn.split_once("/GET/").unwrap();
        Reply::Result(json!({
            "principalId": "me",
            "policyDocument": {
                "Version": "2012-10-17",
                "Statement": [{"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": format!("{api}/GET/*")}],
            },
        }))
    };
    let world = world(
        |authorizer| {
            authorizer.simple_responses = false;
            authorizer.result_ttl = Duration::from_secs(60);
        },
        allows_reading,
    )
    .await;
    assert_eq!(
        world.request("GET /pets/6", &[TOKEN], b"").await.status,
        200
    );
    assert_eq!(
        world.request("GET /pets/7", &[TOKEN], b"").await.status,
        200
    );
    let denied = world.request("POST /pets", &[TOKEN], b"{}").await;
    assert!(denied.is(403, r#"{"message":"Forbidden"}"#), "{denied:?}");
    assert_eq!(
        world.events("http-authorizer").len(),
        1,
        "it was asked once"
    );
    let event = world.event("GET /pets/{id}", 1).await;
    assert_eq!(
        event["requestContext"]["authorizer"],
        json!({"lambda": null})
    );
}

#[tokio::test]
async fn a_verdict_counts_for_its_identity_and_its_time() {
    let ttl = Duration::from_millis(300);
    let world = world(|authorizer| authorizer.result_ttl = ttl, |_| simple(true)).await;
    for token in [TOKEN, TOKEN, "authorization: other"] {
        assert_eq!(
            world.request("GET /pets/6", &[token], b"").await.status,
            200
        );
    }
    assert_eq!(world.events("http-authorizer").len(), 2);
    tokio::time::sleep(ttl).await;
    assert_eq!(
        world.request("GET /pets/6", &[TOKEN], b"").await.status,
        200
    );
    assert_eq!(world.events("http-authorizer").len(), 3);
}

#[tokio::test]
async fn without_a_time_every_request_is_asked_about() {
    let world = world(|_| {}, |_| simple(true)).await;
    for _ in 0..2 {
        assert_eq!(
            world.request("GET /pets/6", &[TOKEN], b"").await.status,
            200
        );
    }
    assert_eq!(world.events("http-authorizer").len(), 2);
}

#[tokio::test]
async fn a_preflight_is_caught_by_a_default_route_with_an_authorizer_unless_a_route_for_it_is_nearer()
 {
    let cors = Cors {
        allow_origins: vec!["http://page.example".to_owned()],
        ..Cors::default()
    };
    let world = Setup::new()
        .http("OPTIONS /open/{proxy+}", |_| ok())
        .http_authorizer(|_| {}, |_| simple(true))
        .http("GET /pets", |_| ok())
        .http("$default", |_| ok())
        .cors(cors)
        .start()
        .await;
    let preflight = [
        "origin: http://page.example",
        "access-control-request-method: GET",
    ];
    for (line, status) in [("OPTIONS /pets", 401), ("OPTIONS /open/pets", 204)] {
        let answer = world.request(line, &preflight, b"").await;
        assert_eq!(answer.status, status, "{line}: {answer:?}");
    }
}
