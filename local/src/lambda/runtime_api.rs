//! The Runtime API, `http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime`: one server for each environment, as on AWS.

use std::{convert::Infallible, future::pending, sync::Arc};

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode,
    body::{Body, Incoming},
    header::{CONTENT_TYPE, HeaderName, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, task::JoinSet};
use uuid::Uuid;

use super::{
    environment::Environment,
    exchange::{Delivery, Refusal},
    outcome::{MAX_RESPONSE_BYTES, error_document},
    pool::Pool,
};

const PREFIX: &str = "/2018-06-01/runtime/";
const REQUEST_ID: HeaderName = HeaderName::from_static("lambda-runtime-aws-request-id");
const DEADLINE: HeaderName = HeaderName::from_static("lambda-runtime-deadline-ms");
const FUNCTION_ARN: HeaderName = HeaderName::from_static("lambda-runtime-invoked-function-arn");
const TRACE_ID: HeaderName = HeaderName::from_static("lambda-runtime-trace-id");
const INVOCATION_ID: HeaderName = HeaderName::from_static("lambda-runtime-invocation-id");

/// The trailer that says that a streamed response ended in an error.
const STREAM_ERROR_TYPE: &str = "lambda-runtime-function-error-type";

type Reply = Response<Full<Bytes>>;

/// Serves an environment until the task is dropped.
pub(super) async fn serve(listener: TcpListener, pool: Arc<Pool>, environment: Arc<Environment>) {
    let mut connections = JoinSet::new();
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!("a Runtime API cannot accept a connection: {error}");
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                continue;
            }
        };
        // Small answers must not wait for more to send.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!("TCP_NODELAY: {error}");
        }
        let (pool, environment) = (Arc::clone(&pool), Arc::clone(&environment));
        connections.spawn(async move {
            let service = service_fn(|request| answer(&pool, &environment, request));
            let served = http1::Builder::new()
                .title_case_headers(true)
                .serve_connection(TokioIo::new(stream), service);
            if let Err(error) = served.await {
                tracing::debug!("a connection of a runtime ended: {error}");
            }
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn answer(
    pool: &Arc<Pool>,
    environment: &Arc<Environment>,
    request: Request<Incoming>,
) -> Result<Reply, Infallible> {
    let path = request
        .uri()
        .path()
        .strip_prefix(PREFIX)
        .unwrap_or_default()
        .to_owned();
    let reply = match (request.method(), path.as_str()) {
        (&Method::GET, "invocation/next") => next(pool, environment).await,
        (&Method::POST, "init/error") => init_error(environment, request.into_body()).await,
        (&Method::POST, path) => match path
            .strip_prefix("invocation/")
            .and_then(|path| path.split_once('/'))
        {
            Some((id, "response")) => result(pool, environment, id, request, false).await,
            Some((id, "error")) => result(pool, environment, id, request, true).await,
            _ => not_found(),
        },
        _ => not_found(),
    };
    Ok(reply)
}

async fn next(pool: &Arc<Pool>, environment: &Arc<Environment>) -> Reply {
    let Some((delivery, asked)) = environment.next() else {
        return refusal(
            StatusCode::FORBIDDEN,
            "InvalidStateTransition",
            "The invocation has not been answered",
        );
    };
    pool.release(environment, asked);
    match delivery.await {
        Ok(delivery) => event(pool, delivery),
        // Another request for an event has taken the place of this one.
        Err(_) => refusal(
            StatusCode::FORBIDDEN,
            "InvalidStateTransition",
            "Another request waits for the event",
        ),
    }
}

fn event(pool: &Pool, delivery: Delivery) -> Reply {
    let mut reply = Response::new(Full::new(delivery.payload));
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(REQUEST_ID, header(&delivery.request_id.to_string()));
    headers.insert(DEADLINE, header(&delivery.deadline_ms.to_string()));
    headers.insert(FUNCTION_ARN, pool.arn.clone());
    headers.insert(TRACE_ID, header(&trace_id(delivery.deadline_ms)));
    headers.insert(INVOCATION_ID, header(&delivery.invocation_id.to_string()));
    reply
}

/// As X-Ray writes it: the second of its birth and 96 random bits, then a parent of 64.
fn trace_id(now_ms: u128) -> String {
    let random = Uuid::new_v4().simple().to_string();
    let parent = rand::random::<u64>();
    format!(
        "Root=1-{:08x}-{};Parent={parent:016x};Sampled=1",
        now_ms / 1000,
        &random[..24]
    )
}

async fn result(
    pool: &Pool,
    environment: &Environment,
    id: &str,
    request: Request<Incoming>,
    failed: bool,
) -> Reply {
    let invocation_id = text(request.headers(), &INVOCATION_ID).map(str::to_owned);
    let invocation_id = invocation_id.as_deref();
    let mut reply = accepted();
    let answered = match read(request.into_body()).await {
        Ok(Content::Whole(payload)) if failed => {
            environment.answer(id, invocation_id, Err(payload))
        }
        Ok(Content::Whole(payload)) => environment.answer(id, invocation_id, Ok(payload)),
        Ok(Content::StreamError(payload)) => environment.answer(id, invocation_id, Err(payload)),
        Ok(Content::TooLarge) => {
            let answered = environment.answer_too_large(id, invocation_id);
            if answered.is_ok() {
                reply = too_large();
            }
            answered
        }
        Err(error) => {
            tracing::debug!("a runtime's answer broke off: {error}");
            return refusal(
                StatusCode::BAD_REQUEST,
                "TruncatedHTTPRequest",
                "HTTP request detected as truncated",
            );
        }
    };
    if answered.is_ok() && environment.traits.is_concurrent {
        pool.answered();
    }
    match answered {
        Ok(()) => reply,
        Err(Refusal::Killed) => pending().await,
        Err(Refusal::RequestId) => refusal(
            StatusCode::BAD_REQUEST,
            "InvalidRequestID",
            "Invalid request ID",
        ),
        Err(Refusal::InvocationId) => refusal(
            StatusCode::BAD_REQUEST,
            "InvalidInvocationId",
            "Invalid invocation ID",
        ),
    }
}

async fn init_error(environment: &Environment, body: Incoming) -> Reply {
    match read(body).await {
        Ok(Content::Whole(payload) | Content::StreamError(payload)) => {
            environment.fail_init(payload);
            accepted()
        }
        Ok(Content::TooLarge) => too_large(),
        Err(error) => {
            tracing::debug!("a runtime's error broke off: {error}");
            refusal(
                StatusCode::BAD_REQUEST,
                "TruncatedHTTPRequest",
                "HTTP request detected as truncated",
            )
        }
    }
}

enum Content {
    Whole(Bytes),
    /// A stream that ended in an error, with the error document of its trailer.
    StreamError(Bytes),
    TooLarge,
}

/// Reads a body to its end, also when it is too large: a client that cannot finish writing would not read the answer.
async fn read(mut body: Incoming) -> Result<Content, hyper::Error> {
    let mut first = Bytes::new();
    let mut rest = BytesMut::with_capacity(0);
    let mut error = None;
    let mut length = 0;
    let expected = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    while let Some(frame) = body.frame().await {
        match frame?.into_data() {
            Ok(data) => {
                length += data.len();
                if first.is_empty() {
                    first = data;
                } else if length <= MAX_RESPONSE_BYTES {
                    if rest.is_empty() {
                        rest.reserve(expected.min(MAX_RESPONSE_BYTES).max(length));
                        rest.extend_from_slice(&first);
                    }
                    rest.extend_from_slice(&data);
                }
            }
            Err(frame) => {
                error = frame
                    .into_trailers()
                    .ok()
                    .and_then(|trailers| stream_error(&trailers))
            }
        }
    }
    Ok(match error {
        Some(document) => Content::StreamError(document),
        None if length > MAX_RESPONSE_BYTES => Content::TooLarge,
        None if rest.is_empty() => Content::Whole(first),
        None => Content::Whole(rest.freeze()),
    })
}

fn stream_error(trailers: &HeaderMap) -> Option<Bytes> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let error_type = trailers
        .get(STREAM_ERROR_TYPE)?
        .to_str()
        .unwrap_or("Runtime.StreamError");
    let document = trailers.get("lambda-runtime-function-error-body");
    let document = document.and_then(|body| STANDARD.decode(body.as_bytes()).ok());
    Some(document.map_or_else(
        || error_document(error_type, "The response stream ended in an error"),
        Bytes::from,
    ))
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn header(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("ids and numbers are visible ASCII")
}

fn accepted() -> Reply {
    json(
        StatusCode::ACCEPTED,
        Bytes::from_static(br#"{"status":"OK"}"#),
    )
}

fn too_large() -> Reply {
    let message = format!("Exceeded maximum allowed payload size ({MAX_RESPONSE_BYTES} bytes).");
    refusal(
        StatusCode::PAYLOAD_TOO_LARGE,
        "RequestEntityTooLarge",
        &message,
    )
}

fn not_found() -> Reply {
    refusal(
        StatusCode::NOT_FOUND,
        "NotFound",
        "The Runtime API has no such path",
    )
}

fn refusal(status: StatusCode, error_type: &str, message: &str) -> Reply {
    json(status, error_document(error_type, message))
}

fn json(status: StatusCode, body: Bytes) -> Reply {
    let mut reply = Response::new(Full::new(body));
    *reply.status_mut() = status;
    reply
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    reply
}
