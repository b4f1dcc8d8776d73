//! `/_local`: the clock, the faults and the schedules, over HTTP.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Path, Request, State},
    http::{StatusCode, header::CONTENT_TYPE},
    middleware::from_fn,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{
    DialError, Dials, Link,
    request::{
        AdvanceRequest, DisconnectsRequest, KillRequest, LinkRequest, PostsRequest, SocketsRequest,
    },
    view::{self, ClockView, DialsView, ScheduleView},
};
use crate::{gateway::same_origin, lambda::Lambda, schedule::ScheduleBook};

/// The longest body: every request is a few words.
const MAX_BODY_BYTES: usize = 16 * 1024;

struct Stack {
    dials: Dials,
    lambda: Lambda,
    schedules: ScheduleBook,
}

type Stacked = State<Arc<Stack>>;
type Answer = Result<Reply, DialError>;

/// Such as 200, and a document.
struct Reply(StatusCode, Value);

/// `/_local/clock`, `/_local/dials` and `/_local/schedules`, to be merged with what else the port serves.
pub fn routes(dials: Dials, lambda: Lambda, schedules: ScheduleBook) -> Router {
    let stack = Stack {
        dials,
        lambda,
        schedules,
    };
    Router::new()
        .route("/_local/clock", get(clock).post(advance))
        .route("/_local/dials", get(show).delete(reset_all))
        .route(
            "/_local/dials/disconnects",
            post(drop_disconnects).delete(reset_disconnects),
        )
        .route(
            "/_local/dials/posts",
            post(disturb_posts).delete(reset_posts),
        )
        .route("/_local/dials/sockets", post(cut_sockets))
        .route("/_local/dials/kills", post(kill).delete(reset_kills))
        .route(
            "/_local/dials/postgres",
            post(set_postgres).delete(reset_postgres),
        )
        .route("/_local/dials/redis", post(set_redis).delete(reset_redis))
        .route("/_local/schedules", get(list_schedules))
        .route("/_local/schedules/{name}", post(run_schedule))
        .route("/_local", get(unknown))
        .route("/_local/{*path}", get(unknown).fallback(unknown))
        .layer(from_fn(same_origin))
        .with_state(Arc::new(stack))
}

async fn clock(State(stack): Stacked) -> Answer {
    shown(&ClockView::of(stack.dials.clock()))
}

async fn advance(State(stack): Stacked, body: Body) -> Answer {
    let AdvanceRequest { advance } = read(body).await?;
    let clock = stack.dials.clock();
    clock.advance(advance.0).await.ok_or(DialError::TooFar)?;
    shown(&ClockView::of(clock))
}

async fn show(State(stack): Stacked) -> Answer {
    shown(&DialsView::of(&stack.dials))
}

async fn reset_all(State(stack): Stacked) -> Answer {
    stack.dials.reset();
    show(State(stack)).await
}

async fn drop_disconnects(State(stack): Stacked, body: Body) -> Answer {
    let DisconnectsRequest { drop } = read(body).await?;
    if drop == 0 {
        return Err(DialError::Zero("drop"));
    }
    stack.dials.disconnects().drop_next(drop);
    show(State(stack)).await
}

async fn reset_disconnects(State(stack): Stacked) -> Answer {
    stack.dials.disconnects().reset();
    show(State(stack)).await
}

async fn disturb_posts(State(stack): Stacked, body: Body) -> Answer {
    let request: PostsRequest = read(body).await?;
    let (fault, next) = request.fault()?;
    stack.dials.posts().set(fault, next, request.connection);
    show(State(stack)).await
}

async fn reset_posts(State(stack): Stacked) -> Answer {
    stack.dials.posts().reset();
    show(State(stack)).await
}

async fn cut_sockets(State(stack): Stacked, body: Body) -> Answer {
    let SocketsRequest { cut } = read(body).await?;
    if !cut {
        return Err(DialError::Contradiction(
            "sockets can only be cut: {\"cut\": true}",
        ));
    }
    stack.dials.sockets().cut();
    show(State(stack)).await
}

async fn kill(State(stack): Stacked, body: Body) -> Answer {
    let request: KillRequest = read(body).await?;
    let (when, next) = request.when()?;
    let Some(function) = stack.lambda.logical_id(&request.function) else {
        let known: Vec<_> = stack.lambda.status().into_keys().collect();
        return Err(DialError::Function {
            name: request.function,
            known: known.join(", "),
        });
    };
    stack.dials.kills().set(function, when, next);
    show(State(stack)).await
}

async fn reset_kills(State(stack): Stacked) -> Answer {
    stack.dials.kills().reset();
    show(State(stack)).await
}

async fn set_postgres(State(stack): Stacked, body: Body) -> Answer {
    set_link(stack.dials.postgres(), body).await?;
    show(State(stack)).await
}

async fn reset_postgres(State(stack): Stacked) -> Answer {
    stack.dials.postgres().reset();
    show(State(stack)).await
}

async fn set_redis(State(stack): Stacked, body: Body) -> Answer {
    set_link(stack.dials.redis(), body).await?;
    show(State(stack)).await
}

async fn reset_redis(State(stack): Stacked) -> Answer {
    stack.dials.redis().reset();
    show(State(stack)).await
}

async fn set_link(link: &Link, body: Body) -> Result<(), DialError> {
    let request: LinkRequest = read(body).await?;
    Ok(link.set(request.state()?)?)
}

async fn list_schedules(State(stack): Stacked) -> Answer {
    let schedules = stack.schedules.list().into_iter().map(ScheduleView::of);
    shown(&json!({"schedules": schedules.collect::<Vec<_>>()}))
}

async fn run_schedule(State(stack): Stacked, Path(name): Path<String>) -> Answer {
    let request_id = stack.schedules.run_now(&name)?;
    let document = json!({"request_id": request_id});
    Ok(Reply(StatusCode::ACCEPTED, document))
}

async fn unknown(request: Request) -> DialError {
    DialError::Path(format!("{} {}", request.method(), request.uri().path()))
}

fn shown(document: &impl serde::Serialize) -> Answer {
    Ok(Reply(StatusCode::OK, view::json(document)))
}

async fn read<T: DeserializeOwned>(body: Body) -> Result<T, DialError> {
    let body = to_bytes(body, MAX_BODY_BYTES)
        .await
        .map_err(|_| DialError::Unreadable)?;
    Ok(serde_json::from_slice(&body)?)
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let headers = [(CONTENT_TYPE, "application/json")];
        (self.0, headers, format!("{}\n", self.1)).into_response()
    }
}

impl IntoResponse for DialError {
    fn into_response(self) -> Response {
        Reply(self.status(), json!({"message": self.to_string()})).into_response()
    }
}
