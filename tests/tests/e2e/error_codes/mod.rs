//! Every code of the table, provoked through the gateway as a client would meet it: over the socket, over REST, or at the
//! handshake. [`table`] sees to it that none is left out.

mod content;
mod credentials;
mod field;
mod handshake;
mod language;
mod limit;
mod member;
mod session;
mod table;
mod token;

use std::time::Duration;

use serde_json::{Value, json};
use shared::{
    code::Code,
    language::{Details, Language},
};
use tests::Reply;

/// What a reader of English is told.
fn words(code: Code, field: Option<&str>, wait: Option<Duration>) -> String {
    Language::ENGLISH.message(code, &Details { field, wait })
}

/// The error frame of a code, whole.
fn error(code: Code, id: Option<&str>, field: Option<&str>) -> Value {
    let mut frame = json!({
        "type": "error", "code": code.as_str(), "message": words(code, field, None), "retry": code.retry(),
    });
    for (name, value) in [("id", id), ("field", field)] {
        if let Some(value) = value {
            frame[name] = value.into();
        }
    }
    frame
}

/// The error frame of a limit, whole.
fn limited(code: Code, id: &str, wait_millis: u64, rate: Value) -> Value {
    let mut frame = error(code, Some(id), None);
    frame["message"] = words(code, None, Some(Duration::from_millis(wait_millis))).into();
    frame["retry_after_ms"] = wait_millis.into();
    frame["rate"] = rate;
    frame
}

/// Asserts that a reply is the problem of a code: its body whole, and the headers that belong to it.
#[track_caller]
fn assert_problem(reply: &Reply, code: Code, field: Option<&str>) {
    let status = code.status();
    let wait = reply
        .header("retry-after")
        .map(|seconds| seconds.parse().unwrap());
    let detail = words(code, field, wait.map(Duration::from_secs));
    let mut body = json!({
        "type": "about:blank", "title": reply.status.canonical_reason(), "status": status,
        "code": code.as_str(), "detail": detail, "retry": code.retry(),
    });
    if let Some(field) = field {
        body["field"] = field.into();
    }
    assert_eq!(reply.body, body);
    assert_eq!(reply.status, status);
    assert_eq!(
        reply.header("content-type"),
        Some("application/problem+json")
    );
    assert_eq!(reply.header("content-language"), Some("en"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(
        reply.header("www-authenticate"),
        (status == 401).then_some("Bearer")
    );
    assert_eq!(reply.header("retry-after").is_some(), status == 429);
    // What was counted says so, whatever became of it.
    for limited in [
        "x-ratelimit-limit",
        "x-ratelimit-remaining",
        "x-ratelimit-reset",
    ] {
        assert!(
            status != 429 || reply.header(limited).is_some(),
            "{limited}"
        );
    }
}
