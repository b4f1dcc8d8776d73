//! Asynchronous invocations.

use std::{fs, time::Duration};

use super::{InvokeError, Stage};

const COUNT: &str = "def handle(event, headers):
    with open('attempts', 'a') as file: file.write(headers['Lambda-Runtime-Aws-Request-Id'] + '\\n')
    if len(open('attempts').readlines()) < event: raise ValueError('not yet')
run(handle)";

async fn attempts(event: &str, expected: usize) -> Vec<String> {
    let stage = Stage::new(COUNT, |_, options| {
        options.retry_delays = [Duration::from_millis(20); 2]
    });
    let request_id = stage
        .lambda
        .invoke_async("Fn", event.to_owned().into())
        .unwrap();
    let file = stage.folder.path().join("attempts");
    let read = || {
        fs::read_to_string(&file)
            .unwrap_or_default()
            .lines()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    for _ in 0..500 {
        if read().len() >= expected {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // Long enough for one attempt too many.
    tokio::time::sleep(Duration::from_millis(200)).await;
    stage.lambda.stop().await;
    assert!(
        read().iter().all(|id| *id == request_id.to_string()),
        "the request id stays the same"
    );
    read()
}

#[tokio::test]
async fn one_that_succeeds_is_done() {
    assert_eq!(attempts("1", 1).await.len(), 1);
}

#[tokio::test]
async fn one_that_fails_is_tried_until_it_succeeds() {
    assert_eq!(attempts("2", 2).await.len(), 2);
}

#[tokio::test]
async fn one_that_always_fails_is_tried_three_times() {
    assert_eq!(attempts("9", 3).await.len(), 3);
}

#[tokio::test]
async fn more_than_a_megabyte_is_refused() {
    let stage = Stage::of(COUNT);
    let refused = stage
        .lambda
        .invoke_async("Fn", vec![b'1'; 1_048_577].into());
    assert!(matches!(refused, Err(InvokeError::RequestTooLarge)));
    stage.lambda.stop().await;
}
