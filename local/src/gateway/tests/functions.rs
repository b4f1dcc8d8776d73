//! Closures as functions.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::{
    gateway::Invoke,
    lambda::{InvokeError, Outcome},
};

/// What a closure does with an event.
pub(super) enum Reply {
    Result(Value),
    /// The bytes as they are, valid JSON or not.
    Raw(&'static str),
    Fail(&'static str),
    Refuse(InvokeError),
    After(Duration, Value),
}

pub(super) fn ok() -> Reply {
    Reply::Result(json!({"statusCode": 200}))
}

pub(super) fn body(text: impl Into<String>) -> Reply {
    Reply::Result(json!({"statusCode": 200, "body": text.into()}))
}

pub(super) type Function = Box<dyn Fn(Value) -> Reply + Send + Sync>;

/// The functions by name, and everything that they received.
#[derive(Default)]
pub(super) struct Functions {
    pub(super) functions: HashMap<String, Function>,
    pub(super) events: Mutex<Vec<(String, Value)>>,
    pub(super) arrived: Notify,
    pub(super) finished: Mutex<Vec<String>>,
}

#[derive(Clone)]
pub(super) struct Handle(pub(super) Arc<Functions>);

impl Invoke for Handle {
    fn invoke<'a>(
        &'a self,
        name: &'a str,
        payload: Bytes,
    ) -> BoxFuture<'a, Result<Outcome, InvokeError>> {
        let (functions, name) = (Arc::clone(&self.0), name.to_owned());
        // A task of its own, because a function runs on when its caller stops waiting.
        let running = tokio::spawn(async move {
            let event: Value = serde_json::from_slice(&payload).unwrap();
            functions
                .events
                .lock()
                .unwrap()
                .push((name.clone(), event.clone()));
            functions.arrived.notify_waiters();
            let reply = functions
                .functions
                .get(&name)
                .map(|function| function(event));
            let (payload, failed) = match reply.unwrap() {
                Reply::Result(value) => (value.to_string(), false),
                Reply::Raw(text) => (text.to_owned(), false),
                Reply::Fail(message) => (
                    json!({"errorType": "Error", "errorMessage": message}).to_string(),
                    true,
                ),
                Reply::Refuse(error) => return Err(error),
                Reply::After(wait, value) => {
                    tokio::time::sleep(wait).await;
                    (value.to_string(), false)
                }
            };
            functions.finished.lock().unwrap().push(name);
            Ok(Outcome {
                request_id: Uuid::nil(),
                payload: payload.into(),
                failed,
                log_tail: String::new(),
            })
        });
        Box::pin(async move { running.await.unwrap() })
    }
}
