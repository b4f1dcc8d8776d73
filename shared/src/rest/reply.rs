//! An answer of the HTTP API.

use lambda_http::{
    Response,
    http::{StatusCode, response::Builder},
};
use serde::Serialize;
use serde_json::json;

use crate::{
    code::{Coded, Failure, log_failure},
    language::Language,
    limit::Rate,
    rest::Call,
    token::KeyRing,
};

/// A page's messages, or a list's sessions, have at most so many bytes as JSON. Lambda answers with at most 6 MB (6,291,556 bytes), in which
/// the body is a JSON string, so that every quote and every backslash is escaped once more: twice this, at worst.
pub const MAX_PAGE_BYTES: usize = 2_900_000;

/// An answer of the HTTP API.
#[derive(Debug)]
pub struct Reply {
    status: u16,
    body: Option<String>,
    rate: Option<Rate>,
}

impl Reply {
    /// 200 with a JSON body.
    pub fn ok(body: &impl Serialize) -> Self {
        Self::json(200, body)
    }

    /// 201 with a JSON body.
    pub fn created(body: &impl Serialize) -> Self {
        Self::json(201, body)
    }

    /// 204.
    pub fn no_content() -> Self {
        Self {
            status: 204,
            body: None,
            rate: None,
        }
    }

    fn json(status: u16, body: &impl Serialize) -> Self {
        let body = serde_json::to_string(body).expect("a reply is plain data");
        Self {
            status,
            body: Some(body),
            rate: None,
        }
    }

    /// Says what is left of a limit.
    pub fn with_rate(self, rate: Option<Rate>) -> Self {
        Self { rate, ..self }
    }

    /// The answer as the gateway takes it.
    fn into_response(self, rate: Option<Rate>) -> Response<String> {
        let builder = Response::builder().status(self.status);
        let builder = rate_headers(builder, self.rate.or(rate));
        let builder = builder.header("cache-control", "no-store");
        match self.body {
            Some(body) => finish(builder.header("content-type", "application/json"), body),
            None => finish(builder, String::new()),
        }
    }

    /// The answer to a call, whatever became of it.
    pub fn answer(outcome: Result<Self, Failure>, call: &Call, keys: &KeyRing) -> Response<String> {
        match outcome {
            Ok(reply) => reply.into_response(call.rate()),
            Err(error) => Self::problem(&*error, call, call.language(keys)),
        }
    }

    /// What a client may know of an error. This is the boundary: the error is logged here, and nowhere else.
    fn problem(error: &dyn Coded, call: &Call, language: Language) -> Response<String> {
        log_failure(error, &call.route());
        let code = error.code();
        let mut body = json!({
            "type": "about:blank",
            "title": reason(code.status()),
            "status": code.status(),
            "code": code.as_str(),
            "detail": language.explain(error),
            "retry": code.retry(),
        });
        if let Some(field) = error.field() {
            body["field"] = field.into();
        }
        if let Some(current) = error.current() {
            body["current"] = current;
        }
        let builder = Response::builder().status(code.status());
        let mut builder = rate_headers(builder, error.rate().or(call.rate()));
        if let Some(wait) = error.retry_after() {
            // RFC 9110 section 10.2.3 counts whole seconds.
            builder = builder.header("retry-after", wait.as_millis().div_ceil(1_000).to_string());
        }
        if code.status() == 401 {
            builder = builder.header("www-authenticate", "Bearer");
        }
        let builder = builder.header("cache-control", "no-store");
        let builder = builder.header("content-language", language.tag());
        finish(
            builder.header("content-type", "application/problem+json"),
            body.to_string(),
        )
    }
}

/// A status in words, as RFC 9110 has them.
fn reason(status: u16) -> &'static str {
    StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or("Error")
}

fn rate_headers(builder: Builder, rate: Option<Rate>) -> Builder {
    let Some(rate) = rate else { return builder };
    builder
        .header("x-ratelimit-limit", rate.limit)
        .header("x-ratelimit-remaining", rate.remaining)
        .header("x-ratelimit-reset", rate.reset)
}

fn finish(builder: Builder, body: String) -> Response<String> {
    builder.body(body).expect("the headers are ours and valid")
}
