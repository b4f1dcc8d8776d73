//! What must not stand in a log: everything secret that the clients of a stack have sent or received.
//!
//! The clients note it, by the stack's address, as it passes. When a [`TestStack`](crate::TestStack) ends, whatever its functions and
//! its gateway have logged is searched for all of it, so that every test is a test of the logs.

use std::{
    collections::{BTreeSet, HashMap},
    io,
    sync::{Mutex, MutexGuard, Once, PoisonError},
    thread::{self, JoinHandle},
};

use local::logs::{LogLine, LogSource, Logs};
use serde_json::Value;
use tokio::sync::broadcast::error::RecvError;
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    fmt,
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

/// Fields whose text is nobody else's business.
const SECRET_FIELDS: [&str; 10] = [
    "access_token",
    "refresh_token",
    "ticket",
    "invite",
    "key",
    "password",
    "email",
    "content",
    "title",
    "metadata",
];
/// Shorter texts stand in any log by chance.
const MIN_CHARS: usize = 8;
/// Stands in the log where the watch ends.
const END: &str = "the watch over this log ends";

/// By the address of the stack.
static SECRETS: Mutex<Option<HashMap<String, BTreeSet<String>>>> = Mutex::new(None);
/// What the gateways of this process have logged.
static GATEWAY_LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Notes what is secret in a JSON text that went to, or came from, a stack.
pub(crate) fn note(url: &str, value: &Value) {
    let mut found = BTreeSet::new();
    collect(value, false, &mut found);
    if !found.is_empty() {
        lock(&SECRETS)
            .get_or_insert_default()
            .entry(address(url).to_owned())
            .or_default()
            .extend(found);
    }
}

/// Notes one secret.
pub(crate) fn note_text(url: &str, secret: &str) {
    note(url, &serde_json::json!({"key": secret}));
}

fn collect(value: &Value, secret: bool, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if secret && text.chars().count() >= MIN_CHARS => {
            found.insert(text.clone());
        }
        Value::Array(values) => values
            .iter()
            .for_each(|value| collect(value, secret, found)),
        Value::Object(fields) => {
            for (name, value) in fields {
                collect(
                    value,
                    secret || SECRET_FIELDS.contains(&name.as_str()),
                    found,
                );
            }
        }
        _ => {}
    }
}

/// `127.0.0.1:4000` of an address with anything around it.
fn address(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?']).next().unwrap_or(rest)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Everything that a stack's functions log, kept until the stack ends.
#[derive(Debug)]
pub(crate) struct Watch {
    address: String,
    logs: Logs,
    reader: JoinHandle<Vec<String>>,
}

impl Watch {
    /// From now on.
    pub(crate) fn start(address: &str, logs: &Logs) -> Self {
        static GATEWAYS: Once = Once::new();
        GATEWAYS.call_once(watch_gateways);
        let mut lines = logs.subscribe();
        let reader = thread::spawn(move || {
            let mut kept = Vec::new();
            loop {
                match lines.blocking_recv() {
                    Ok(line) if line.text == END => return kept,
                    Ok(line) => kept.push(line.text),
                    Err(RecvError::Lagged(count)) => kept.push(format!("{count} lines were lost")),
                    Err(RecvError::Closed) => return kept,
                }
            }
        });
        Self {
            address: address.to_owned(),
            logs: logs.clone(),
            reader,
        }
    }

    /// The lines up to now, and what stands in them, or in the gateways' log, that must not.
    pub(crate) fn end(self) -> (Vec<String>, Vec<String>) {
        self.logs.write(LogLine {
            function: "".into(),
            source: LogSource::Platform,
            text: END.to_owned(),
        });
        let lines = self
            .reader
            .join()
            .expect("the reader of a log does not panic");
        let secrets = lock(&SECRETS)
            .get_or_insert_default()
            .remove(&self.address)
            .unwrap_or_default();
        let gateways = String::from_utf8_lossy(&lock(&GATEWAY_LOG)).into_owned();
        let all = lines.iter().map(String::as_str).chain(gateways.lines());
        let leaks = all.flat_map(|line| leaks(&secrets, line)).collect();
        (lines, leaks)
    }
}

/// The secrets in a line, raw or as JSON writes them.
fn leaks(secrets: &BTreeSet<String>, line: &str) -> Vec<String> {
    let found = secrets.iter().filter(|secret| {
        let escaped = Value::from(secret.as_str()).to_string();
        line.contains(secret.as_str()) || line.contains(&escaped[1..escaped.len() - 1])
    });
    found
        .map(|secret| format!("{secret:?} stands in {line}"))
        .collect()
}

/// Keeps what the local stack logs: it says at `debug` what `cargo dev` shows on request.
fn watch_gateways() {
    let log = fmt::layer().with_ansi(false).with_writer(|| GatewayLog);
    let ours = Targets::new().with_target("local", LevelFilter::DEBUG);
    // A test that has a subscriber of its own keeps it.
    drop(
        tracing_subscriber::registry()
            .with(ours)
            .with(log)
            .try_init(),
    );
}

struct GatewayLog;

impl io::Write for GatewayLog {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        lock(&GATEWAY_LOG).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const URL: &str = "http://127.0.0.1:1/api";

    fn line(text: &str) -> LogLine {
        LogLine {
            function: "F".into(),
            source: LogSource::Function,
            text: text.to_owned(),
        }
    }

    #[test]
    fn a_secret_in_a_log_is_found() {
        let logs = Logs::new();
        let watch = Watch::start("127.0.0.1:1", &logs);
        note(
            URL,
            &json!({"id": "harmless", "message": {"content": "say \"nothing\"", "metadata": {"a": ["hidden away"]}}}),
        );
        note_text("ws://127.0.0.1:1/prod?ticket=x", "a-ticket");
        logs.write(line("harmless"));
        logs.write(line(r#"{"causes": "say \"nothing\""}"#));
        logs.write(line("hidden away and a-ticket"));
        let (lines, leaks) = watch.end();
        assert_eq!((lines.len(), leaks.len()), (3, 3), "{leaks:#?}");
    }

    #[test]
    fn secrets_of_another_stack_are_not_looked_for() {
        let logs = Logs::new();
        let watch = Watch::start("127.0.0.1:2", &logs);
        note("http://127.0.0.1:3", &json!({"content": "of another"}));
        logs.write(line("of another"));
        assert!(watch.end().1.is_empty());
    }
}
