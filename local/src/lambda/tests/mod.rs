//! Functions as real processes: small bootstraps that speak the Runtime API.

mod api;
mod concurrency;
mod dials;
mod environment;
mod failures;
mod lifecycle;
mod log;
mod managed;
mod retries;
mod runtime;

use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt, path::Path, time::Duration};

use bytes::Bytes;
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::broadcast::Receiver;

use super::{FunctionStatus, InvokeError, Lambda, LambdaOptions, Outcome};
use crate::{
    logs::{LogLine, LogSource, Logs},
    template::Function,
};

/// A runtime without a handler: each test adds `handle(event, headers)`, which returns a result or raises an error.
const RUNTIME: &str = r#"#!/usr/bin/env python3
import http.client, json, os, sys, time

api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])

def call(method, path, body=None, headers={}):
    api.request(method, "/2018-06-01/runtime/" + path, body, headers)
    answer = api.getresponse()
    return answer.status, answer.read(), answer.headers

def run(handle):
    while True:
        status, event, headers = call("GET", "invocation/next")
        path = "invocation/" + headers["Lambda-Runtime-Aws-Request-Id"]
        try:
            call("POST", path + "/response", json.dumps(handle(json.loads(event), headers)))
        except ValueError as error:
            call("POST", path + "/error", json.dumps({"errorMessage": str(error), "errorType": "ValueError"}))
"#;

/// A function of its own folder, with what its log says.
struct Stage {
    lambda: Lambda,
    folder: TempDir,
    lines: Receiver<LogLine>,
}

impl Stage {
    fn new(code: &str, change: impl FnOnce(&mut Function, &mut LambdaOptions)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        write_bootstrap(&folder.path().join("bootstrap"), code);
        let mut function = Function {
            timeout: Duration::from_secs(5),
            environment: BTreeMap::from([("GREETING".to_owned(), "hello".to_owned())]),
            ..Function::named("Fn")
        };
        let mut options = LambdaOptions {
            code_root: folder.path().to_owned(),
            ..LambdaOptions::default()
        };
        change(&mut function, &mut options);
        let logs = Logs::new();
        let lines = logs.subscribe();
        let lambda = Lambda::start(BTreeMap::from([("Fn".to_owned(), function)]), options, logs);
        Self {
            lambda,
            folder,
            lines,
        }
    }

    fn of(code: &str) -> Self {
        Self::new(code, |_, _| {})
    }

    async fn invoke(&self, event: Value) -> Outcome {
        self.lambda
            .invoke("Fn", Bytes::from(event.to_string()))
            .await
            .unwrap()
    }

    fn status(&self) -> FunctionStatus {
        self.lambda.status().remove("Fn").unwrap()
    }

    /// Waits until the function is in that state; the test's own time limit ends a wait that is in vain.
    async fn until(&self, wanted: impl Fn(&FunctionStatus) -> bool) {
        tokio::time::timeout(Duration::from_secs(10), async {
            while !wanted(&self.status()) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await
        .unwrap_or_else(|_| panic!("{:?}", self.status()));
    }

    /// Waits until that many processes have no event and no other is there.
    async fn until_idle(&self, count: usize) {
        self.until(|status| {
            *status
                == FunctionStatus {
                    idle: count,
                    ..FunctionStatus::default()
                }
        })
        .await;
    }

    /// Waits for a file in the function's folder.
    async fn until_file(&self, name: &str) {
        let file = self.folder.path().join(name);
        self.until(|_| file.exists()).await;
    }

    fn log(&mut self) -> Vec<String> {
        let mut log = Vec::new();
        while let Ok(line) = self.lines.try_recv() {
            log.push(line.text);
        }
        log
    }
}

fn write_bootstrap(path: &Path, code: &str) {
    fs::write(path, format!("{RUNTIME}\n{code}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn value(outcome: &Outcome) -> Value {
    serde_json::from_slice(&outcome.payload).unwrap()
}

const ECHO: &str = "run(lambda event, headers: event)";

/// Takes as many seconds as the event says.
const SLEEP: &str = "run(lambda event, headers: time.sleep(event))";

/// Gives its process id, when as many processes as the event says have had an event.
const PID: &str = "
def handle(event, headers):
    open(f'{os.getpid()}.pid', 'w').close()
    while len([name for name in os.listdir() if name.endswith('.pid')]) < event: time.sleep(0.01)
    return os.getpid()
run(handle)";
