//! The Invoke API, for `aws lambda invoke` and the SDKs.

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header::CONTENT_TYPE},
    middleware::from_fn,
    response::Response,
    routing::post,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde::de::IgnoredAny;
use uuid::Uuid;

use super::{
    InvokeError, Lambda, MAX_ASYNC_PAYLOAD_BYTES, MAX_PAYLOAD_BYTES, Outcome, api_error::ApiError,
    pool::arn,
};
use crate::gateway::same_origin;

/// On every answer.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const EXECUTED_VERSION: HeaderName = HeaderName::from_static("x-amz-executed-version");
const FUNCTION_ERROR: HeaderName = HeaderName::from_static("x-amz-function-error");
const LOG_RESULT: HeaderName = HeaderName::from_static("x-amz-log-result");

/// The only version that there is.
const LATEST: &str = "$LATEST";

/// `POST /2015-03-31/functions/{name}/invocations`.
pub fn routes(lambda: Lambda) -> Router {
    Router::new()
        .route("/2015-03-31/functions/{name}/invocations", post(invoke))
        .layer(from_fn(same_origin))
        .with_state(lambda)
}

async fn invoke(
    State(lambda): State<Lambda>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let qualifier = parts.uri.query().and_then(qualifier);
    answer(&lambda, &name, qualifier, &parts.headers, body)
        .await
        .unwrap_or_else(|error| error.response())
}

/// The version that a query string asks for. The only one that there is may come with its `$` encoded.
fn qualifier(query: &str) -> Option<&str> {
    let qualifier = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("Qualifier="))?;
    Some(if qualifier == "%24LATEST" {
        LATEST
    } else {
        qualifier
    })
}

async fn answer(
    lambda: &Lambda,
    name: &str,
    qualifier: Option<&str>,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let function = function(name, qualifier)?;
    let kind = header(headers, "x-amz-invocation-type").unwrap_or("RequestResponse");
    let limit = if kind == "Event" {
        MAX_ASYNC_PAYLOAD_BYTES
    } else {
        MAX_PAYLOAD_BYTES
    };
    let payload = payload(body, limit).await?;
    let refused = |error| ApiError::from(error).reserved(lambda.is_reserved(function));
    match kind {
        "RequestResponse" if header(headers, "x-amz-log-type") == Some("Tail") => Ok(result(
            lambda
                .invoke_with_log(function, payload)
                .await
                .map_err(refused)?,
            true,
        )),
        "RequestResponse" => Ok(result(
            lambda.invoke(function, payload).await.map_err(refused)?,
            false,
        )),
        "Event" => Ok(empty(
            StatusCode::ACCEPTED,
            lambda.invoke_async(function, payload)?,
        )),
        "DryRun" => {
            lambda.pool(function)?;
            Ok(empty(StatusCode::NO_CONTENT, Uuid::new_v4()))
        }
        other => Err(ApiError::invocation_type(other)),
    }
}

/// The name in `name`, `name:qualifier`, `account:function:name` and in an ARN; only `$LATEST` can be asked for.
fn function<'n>(name: &'n str, qualifier: Option<&'n str>) -> Result<&'n str, InvokeError> {
    let of_arn = name.split_once("function:").map_or(name, |(_, rest)| rest);
    let (function, own) = of_arn
        .split_once(':')
        .map_or((of_arn, None), |(name, version)| (name, Some(version)));
    match own.or(qualifier) {
        None | Some(LATEST | "") => Ok(function),
        Some(version) => Err(InvokeError::NotFound(arn(&format!("{function}:{version}")))),
    }
}

async fn payload(body: Body, limit: usize) -> Result<Bytes, ApiError> {
    let payload = to_bytes(body, limit)
        .await
        .map_err(|_| ApiError::too_large(limit))?;
    if payload.is_empty() {
        return Ok(Bytes::from_static(b"{}"));
    }
    match serde_json::from_slice::<IgnoredAny>(&payload) {
        Ok(IgnoredAny) => Ok(payload),
        Err(error) => Err(InvokeError::InvalidRequestContent(error.to_string()).into()),
    }
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn result(outcome: Outcome, with_log: bool) -> Response {
    let mut response = Response::new(Body::from(outcome.payload));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(REQUEST_ID, request_id(outcome.request_id));
    headers.insert(EXECUTED_VERSION, HeaderValue::from_static(LATEST));
    if outcome.failed {
        headers.insert(FUNCTION_ERROR, HeaderValue::from_static("Unhandled"));
    }
    if with_log {
        headers.insert(LOG_RESULT, text(&STANDARD.encode(outcome.log_tail)));
    }
    response
}

fn empty(status: StatusCode, request_id: Uuid) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(REQUEST_ID, self::request_id(request_id));
    response
}

/// The value of `x-amzn-RequestId`.
pub(super) fn request_id(id: Uuid) -> HeaderValue {
    text(&id.to_string())
}

fn text(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("ids and base64 are visible ASCII")
}
