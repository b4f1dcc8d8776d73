//! Commands and their answers, on two pipes.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{ChildStdin, ChildStdout},
    runtime::Handle,
    sync::{Mutex as AsyncMutex, oneshot},
    time::timeout,
};

/// No command takes so long, not on a busy machine either.
const PATIENCE: Duration = Duration::from_secs(60);

/// The connection to a browser.
#[derive(Debug)]
pub(super) struct Pipe {
    to: AsyncMutex<ChildStdin>,
    last_id: AtomicU64,
    state: Arc<Mutex<State>>,
    /// The browser's, which lives on when a test has ended.
    runtime: Handle,
}

#[derive(Debug, Default)]
struct State {
    waiting: HashMap<u64, oneshot::Sender<Value>>,
    /// What went wrong in pages, by their CDP session.
    mistakes: HashMap<String, Vec<String>>,
}

impl Pipe {
    pub(super) fn new(to: ChildStdin, from: ChildStdout) -> Arc<Self> {
        let state = Arc::default();
        tokio::spawn(read(from, Arc::clone(&state)));
        Arc::new(Self {
            to: AsyncMutex::new(to),
            last_id: AtomicU64::new(0),
            state,
            runtime: Handle::current(),
        })
    }

    /// Closes the window of a target, without waiting for it: not even a browser that has gone is worth a word.
    pub(super) fn close(self: &Arc<Self>, target: &str) {
        let command = json!({
            "id": self.last_id.fetch_add(1, Ordering::Relaxed) + 1,
            "method": "Target.closeTarget",
            "params": {"targetId": target},
        });
        let mut bytes = command.to_string().into_bytes();
        bytes.push(0);
        let pipe = Arc::clone(self);
        self.runtime
            .spawn(async move { pipe.to.lock().await.write_all(&bytes).await });
    }

    /// The result of a command, to the browser or to the page of a CDP session. Panics with the error that it gets instead.
    pub(super) async fn call(&self, session: Option<&str>, method: &str, params: Value) -> Value {
        let id = self.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        let mut command = json!({"id": id, "method": method, "params": params});
        if let Some(session) = session {
            command["sessionId"] = session.into();
        }
        let (answer, answered) = oneshot::channel();
        lock(&self.state).waiting.insert(id, answer);
        let mut bytes = command.to_string().into_bytes();
        bytes.push(0);
        let written = self.to.lock().await.write_all(&bytes).await;
        written.unwrap_or_else(|error| panic!("{method}: the browser has gone: {error}"));
        let mut answer = timeout(PATIENCE, answered)
            .await
            .unwrap_or_else(|_| panic!("{method}: no answer"))
            .unwrap_or_else(|_| panic!("{method}: the browser has gone"));
        assert!(answer["error"].is_null(), "{method}: {}", answer["error"]);
        answer["result"].take()
    }

    /// Exceptions that nobody caught, since this was asked last.
    pub(super) fn mistakes(&self, session: &str) -> Vec<String> {
        lock(&self.state)
            .mistakes
            .remove(session)
            .unwrap_or_default()
    }
}

async fn read(from: ChildStdout, state: Arc<Mutex<State>>) {
    let mut pieces = BufReader::new(from).split(0);
    while let Ok(Some(piece)) = pieces.next_segment().await {
        let told: Value = serde_json::from_slice(&piece).expect("the browser speaks JSON");
        let mut state = lock(&state);
        if let Some(id) = told["id"].as_u64() {
            if let Some(waiting) = state.waiting.remove(&id) {
                // Whoever gave up waiting is not there any more.
                let _gone = waiting.send(told);
            }
        } else if told["method"] == "Runtime.exceptionThrown" {
            let session = told["sessionId"].as_str().unwrap_or_default().to_owned();
            let details = &told["params"]["exceptionDetails"];
            let text = details["exception"]["description"].as_str();
            let text = text.map_or_else(|| details.to_string(), str::to_owned);
            state.mistakes.entry(session).or_default().push(text);
        }
    }
    // Whoever still waits learns that nobody will answer.
    lock(&state).waiting.clear();
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
