//! What a function's result says to the client.

use std::collections::BTreeMap;

use axum::{
    body::Body,
    http::{
        HeaderName, HeaderValue, StatusCode,
        header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, SET_COOKIE, TRANSFER_ENCODING},
    },
    response::Response,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde::{Deserialize, de::IgnoredAny};

use super::error::HttpError;
use crate::gateway::reply;

/// A result with a `statusCode`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Explicit {
    status_code: u16,
    #[serde(default)]
    headers: Option<BTreeMap<String, String>>,
    #[serde(default)]
    cookies: Option<Vec<String>>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: Option<bool>,
}

/// Whether a result is an object with a `statusCode` at all, whatever its other members are.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Marker {
    #[serde(rename = "statusCode")]
    _status_code: IgnoredAny,
}

/// The response that a function's result describes. A result without `statusCode` is itself the body, even when it is
/// no valid JSON: AWS does not look.
pub(super) fn read(result: Bytes, unquotes_strings: bool) -> Result<Response, HttpError> {
    let is_object = result.trim_ascii_start().first() == Some(&b'{');
    if !is_object || serde_json::from_slice::<Marker>(&result).is_err() {
        let text = unquotes_strings
            .then(|| serde_json::from_slice::<String>(&result).ok())
            .flatten();
        return Ok(inferred(text.map_or(result, Bytes::from)));
    }
    let explicit: Explicit =
        serde_json::from_slice(&result).map_err(|error| HttpError::Malformed(error.to_string()))?;
    explicit.into_response()
}

fn inferred(result: Bytes) -> Response {
    let mut response = Response::new(Body::from(result));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

impl Explicit {
    fn into_response(self) -> Result<Response, HttpError> {
        let malformed = |what: String| HttpError::Malformed(what);
        let status = StatusCode::from_u16(self.status_code)
            .ok()
            // A function cannot switch protocols.
            .filter(|status| !status.is_informational())
            .ok_or_else(|| malformed(format!("its status is {}", self.status_code)))?;
        let mut response = reply::empty(status);
        let headers = response.headers_mut();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("text/plain; charset=utf-8"),
        );
        for (name, value) in self.headers.unwrap_or_default() {
            let parsed = (HeaderName::try_from(&name), HeaderValue::try_from(&value));
            let (Ok(name), Ok(value)) = parsed else {
                return Err(malformed(format!("its header {name:?}")));
            };
            if !belongs_to_connection(&name) {
                headers.insert(name, value);
            }
        }
        for cookie in self.cookies.unwrap_or_default() {
            let value = HeaderValue::try_from(cookie)
                .map_err(|error| malformed(format!("a cookie: {error}")))?;
            headers.append(SET_COOKIE, value);
        }
        let body = self.body.unwrap_or_default();
        *response.body_mut() = if self.is_base64_encoded == Some(true) {
            Body::from(
                STANDARD
                    .decode(body)
                    .map_err(|error| malformed(format!("its body: {error}")))?,
            )
        } else {
            Body::from(body)
        };
        Ok(response)
    }
}

/// Whether a header describes the connection to the client, which is not the function's.
fn belongs_to_connection(name: &HeaderName) -> bool {
    [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING].contains(name)
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    /// Status, headers and body, as text.
    async fn written(result: &'static str) -> String {
        let response = match read(Bytes::from_static(result.as_bytes()), false) {
            Ok(response) => response,
            Err(error) => return error.to_string(),
        };
        let mut lines = vec![response.status().as_u16().to_string()];
        let headers = response.headers().iter();
        lines.extend(headers.map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())));
        let body = to_bytes(response.into_body(), 1024).await.unwrap();
        lines.push(String::from_utf8(body.to_vec()).unwrap());
        lines.join("\n")
    }

    #[tokio::test]
    async fn a_result_with_a_status_is_taken_at_its_word() {
        insta::assert_snapshot!(written(
            r#"{"statusCode":201,"headers":{"X-A":"1","Content-Type":"text/html","Content-Length":"99"},
                "multiValueHeaders":{},"cookies":["a=1; Secure","b=2"],"body":"hi","isBase64Encoded":false}"#
        ).await, @r#"
        201
        content-type: text/html
        x-a: 1
        set-cookie: a=1; Secure
        set-cookie: b=2
        hi
        "#);
    }

    #[tokio::test]
    async fn the_least_result_is_plain_text() {
        insta::assert_snapshot!(written(r#"{"statusCode":204,"headers":null,"body":null}"#).await, @r#"
        204
        content-type: text/plain; charset=utf-8
        "#);
    }

    #[tokio::test]
    async fn a_base64_body_is_decoded() {
        insta::assert_snapshot!(written(r#"{"statusCode":200,"body":"aGk=","isBase64Encoded":true}"#).await, @r#"
        200
        content-type: text/plain; charset=utf-8
        hi
        "#);
    }

    #[tokio::test]
    async fn a_result_without_a_status_is_the_body() {
        for result in [r#"{"a":1}"#, r#""text""#, "[1]", "null", r#"{"trunc"#] {
            assert_eq!(
                written(result).await,
                format!("200\ncontent-type: application/json\n{result}")
            );
        }
    }

    #[tokio::test]
    async fn a_string_may_lose_its_quotes() {
        let read = |result| read(Bytes::from_static(result), true).unwrap().into_body();
        let body = |result| to_bytes(read(result), 1024);
        assert_eq!(body(br#""te\"xt""#).await.unwrap(), "te\"xt");
        assert_eq!(body(b"[1]").await.unwrap(), "[1]");
    }

    #[tokio::test]
    async fn a_member_of_the_wrong_type_is_an_error() {
        for result in [
            r#"{"statusCode":"200"}"#,
            r#"{"statusCode":42}"#,
            r#"{"statusCode":200,"body":{"a":1}}"#,
            r#"{"statusCode":200,"headers":{"a":1}}"#,
            r#"{"statusCode":200,"headers":{"a b":"1"}}"#,
            r#"{"statusCode":200,"body":"%","isBase64Encoded":true}"#,
        ] {
            let text = written(result).await;
            assert!(
                text.starts_with("the function's result is no response: "),
                "{result}: {text}"
            );
        }
    }
}
