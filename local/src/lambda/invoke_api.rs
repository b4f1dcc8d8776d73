//! The Invoke API, for `aws lambda invoke` and the SDKs.

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header::CONTENT_TYPE},
    response::Response,
    routing::post,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde::{Serialize, de::IgnoredAny};
use uuid::Uuid;

use super::{InvokeError, Lambda, MAX_ASYNC_PAYLOAD_BYTES, MAX_PAYLOAD_BYTES, Outcome, pool::arn};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
const EXECUTED_VERSION: HeaderName = HeaderName::from_static("x-amz-executed-version");
const FUNCTION_ERROR: HeaderName = HeaderName::from_static("x-amz-function-error");
const LOG_RESULT: HeaderName = HeaderName::from_static("x-amz-log-result");

/// The only version that there is.
const LATEST: &str = "$LATEST";

/// `POST /2015-03-31/functions/{name}/invocations`.
pub fn routes(lambda: Lambda) -> Router {
    Router::new()
        .route("/2015-03-31/functions/{name}/invocations", post(invoke))
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
    match kind {
        "RequestResponse" if header(headers, "x-amz-log-type") == Some("Tail") => Ok(result(
            lambda.invoke_with_log(function, payload).await?,
            true,
        )),
        "RequestResponse" => Ok(result(lambda.invoke(function, payload).await?, false)),
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
    headers.insert(REQUEST_ID, text(&outcome.request_id.to_string()));
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
        .insert(REQUEST_ID, text(&request_id.to_string()));
    response
}

fn text(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("ids and base64 are visible ASCII")
}

/// An error as the service model writes it.
struct ApiError {
    status: StatusCode,
    code: &'static str,
    document: Document,
}

/// The members of the service's error shapes. `Message` has a capital in some of them.
#[derive(Serialize)]
struct Document {
    #[serde(rename = "Reason", skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(rename = "Type")]
    fault: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(rename = "Message", skip_serializing_if = "Option::is_none")]
    capital_message: Option<String>,
}

impl ApiError {
    fn user(status: StatusCode, code: &'static str, message: String) -> Self {
        let document = Document {
            reason: None,
            fault: "User",
            message: Some(message),
            capital_message: None,
        };
        Self {
            status,
            code,
            document,
        }
    }

    fn too_large(limit: usize) -> Self {
        let message =
            format!("Request must be smaller than {limit} bytes for the InvokeFunction operation");
        Self::user(
            StatusCode::PAYLOAD_TOO_LARGE,
            "RequestTooLargeException",
            message,
        )
    }

    fn invocation_type(kind: &str) -> Self {
        let message = format!("Unknown invocation type: {kind}");
        Self::user(
            StatusCode::BAD_REQUEST,
            "InvalidParameterValueException",
            message,
        )
    }

    fn response(self) -> Response {
        let body = serde_json::to_vec(&self.document).expect("texts are JSON");
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ERROR_TYPE, HeaderValue::from_static(self.code));
        headers.insert(REQUEST_ID, text(&Uuid::new_v4().to_string()));
        response
    }
}

impl From<InvokeError> for ApiError {
    fn from(error: InvokeError) -> Self {
        let message = error.to_string();
        match error {
            InvokeError::NotFound(_) => {
                let document = Document {
                    reason: None,
                    fault: "User",
                    message: None,
                    capital_message: Some(message),
                };
                Self {
                    status: StatusCode::NOT_FOUND,
                    code: "ResourceNotFoundException",
                    document,
                }
            }
            InvokeError::Throttled => {
                let mut error = Self::user(
                    StatusCode::TOO_MANY_REQUESTS,
                    "TooManyRequestsException",
                    message,
                );
                error.document.reason = Some("ReservedFunctionConcurrentInvocationLimitExceeded");
                error
            }
            InvokeError::RequestTooLarge => Self::too_large(MAX_PAYLOAD_BYTES),
            InvokeError::InvalidRequestContent(_) => Self::user(
                StatusCode::BAD_REQUEST,
                "InvalidRequestContentException",
                message,
            ),
            InvokeError::Service(_) => {
                let document = Document {
                    reason: None,
                    fault: "Service",
                    message: None,
                    capital_message: Some(message),
                };
                Self {
                    status: StatusCode::INTERNAL_SERVER_ERROR,
                    code: "ServiceException",
                    document,
                }
            }
        }
    }
}
