//! What the AWS SDK and `aws lambda invoke` see of the local stack: the management API and the Invoke API.

use aws_sdk_apigatewaymanagement::{
    Client, Config,
    config::{BehaviorVersion, Credentials, Region, retry::RetryConfig},
    primitives::Blob,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tests::{Closed, TestStack};

use crate::registry::sockets_of;

/// The real SDK, as a service would use it to push.
fn sdk(stack: &TestStack) -> Client {
    let endpoint = stack.socket_url().replacen("ws", "http", 1);
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new(
            "AKIDEXAMPLE",
            "secret",
            None,
            None,
            "test",
        ))
        .endpoint_url(endpoint)
        .retry_config(RetryConfig::disabled())
        .build();
    Client::from_conf(config)
}

#[tokio::test]
async fn the_sdk_posts_to_describes_and_deletes_a_connection_and_finds_it_gone() {
    let stack = TestStack::with().no_schedules().start().await;
    let ada = stack.guest().await;
    let mut phone = ada.device("phone").await;
    let id = sockets_of(&stack, &ada).await["phone"].clone();
    let sdk = sdk(&stack);

    let frame = json!({"type": "notice", "text": "für alle"});
    let post = || {
        sdk.post_to_connection()
            .connection_id(&id)
            .data(Blob::new(frame.to_string()))
    };
    post().send().await.expect("the connection lives");
    assert_eq!(phone.next().await, frame);

    let description = sdk
        .get_connection()
        .connection_id(&id)
        .send()
        .await
        .expect("it lives");
    let (opened, active) = (description.connected_at(), description.last_active_at());
    assert!(opened.expect("always there").secs() <= active.expect("always there").secs());
    assert_eq!(
        description.identity().expect("always there").source_ip(),
        Some("127.0.0.1")
    );

    sdk.delete_connection()
        .connection_id(&id)
        .send()
        .await
        .expect("it lives");
    let reason = "Connection Closed Normally".to_owned();
    assert_eq!(phone.closed().await, Closed { code: 1000, reason });

    let gone = post().send().await;
    assert!(gone.is_err_and(|error| error.into_service_error().is_gone_exception()));
    let gone = sdk.get_connection().connection_id(&id).send().await;
    assert!(gone.is_err_and(|error| error.into_service_error().is_gone_exception()));
    let gone = sdk.delete_connection().connection_id(&id).send().await;
    assert!(gone.is_err_and(|error| error.into_service_error().is_gone_exception()));
}

#[tokio::test]
async fn a_function_is_invoked_over_http_and_gives_the_end_of_its_log() {
    let stack = TestStack::with().no_schedules().start().await;
    let url = format!(
        "{}/2015-03-31/functions/CleanupFunction/invocations",
        stack.stack().url()
    );
    let invoke = |kind: &str, log: &str| {
        let client = tests::direct().build().unwrap();
        let request = client.post(&url).body("{}");
        request
            .header("x-amz-invocation-type", kind)
            .header("x-amz-log-type", log)
            .send()
    };

    let response = invoke("RequestResponse", "Tail").await.unwrap();
    assert_eq!(response.status(), 200);
    let headers = response.headers().clone();
    assert_eq!(headers["x-amz-executed-version"], "$LATEST");
    assert!(!headers.contains_key("x-amz-function-error"), "{headers:?}");
    let report: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
    assert_eq!(
        (&report["complete"], &report["expired_sessions"]),
        (&true.into(), &0.into())
    );
    let tail = STANDARD.decode(&headers["x-amz-log-result"]).unwrap();
    let tail = String::from_utf8(tail).unwrap();
    let request_id = headers["x-amzn-requestid"].to_str().unwrap();
    assert!(
        tail.contains(&format!("REPORT RequestId: {request_id}\t")),
        "{tail}"
    );

    let response = invoke("RequestResponse", "None").await.unwrap();
    assert!(!response.headers().contains_key("x-amz-log-result"));
    assert_eq!(invoke("Event", "None").await.unwrap().status(), 202);
    assert_eq!(invoke("DryRun", "None").await.unwrap().status(), 204);

    let nobody = "/2015-03-31/functions/NobodyFunction/invocations";
    let refused = stack.rest().post(nobody, &json!({})).await;
    assert_eq!(refused.status, 404);
    assert_eq!(
        refused.header("x-amzn-errortype"),
        Some("ResourceNotFoundException")
    );
}
