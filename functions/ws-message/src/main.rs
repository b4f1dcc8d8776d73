//! `$default`: answers every frame that a client sends. What it returns goes to the sender.

mod audience;
mod route;
mod sign_out;

use std::sync::Arc;

use lambda_runtime::{LambdaEvent, run_concurrent, service_fn};
use shared::{
    App,
    code::{Code, Failure, log_failure},
    connection::{NoIdentity, Socket, SocketAnswer, SocketEvent},
    frame::{ClientFrame, ErrorFrame, ServerFrame},
    message::{Alteration, Edit},
    runtime,
};

use audience::AudienceCache;
use sign_out::sign_out;

/// A push by the SDK is hundreds of small allocations: this takes a part of a message's time that the system's does not (docs/PERFORMANCE.md).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), lambda_runtime::Error> {
    runtime::run(|app| {
        let audiences = Arc::new(AudienceCache::new());
        runtime::as_task(run_concurrent(service_fn(move |event| {
            answer(app.clone(), audiences.clone(), event)
        })))
    })
}

async fn answer(
    app: Arc<App>,
    audiences: Arc<AudienceCache>,
    event: LambdaEvent<SocketEvent>,
) -> Result<SocketAnswer, NoIdentity> {
    let (socket, frame) = event.payload.into_parts()?;
    let (id, frame) = ClientFrame::parse(&frame);
    let answer = match frame {
        Ok(frame) => dispatch(&app, &audiences, &socket, frame).await,
        Err(error) => Err(Failure::from(error)),
    };
    let body = match answer {
        Ok(body) => body,
        // Whoever has a socket was authorized when it opened. Their sign-in has ended since.
        Err(error) if error.code() == Code::Unauthorized => Some(sign_out(&app, &socket).await),
        Err(error) => {
            log_failure(&*error, "answering a frame");
            let frame = ErrorFrame::new(id.as_deref(), &*error, socket.language());
            Some(ServerFrame::Error(frame).to_json())
        }
    };
    Ok(SocketAnswer::body(body))
}

/// The answer to a frame, or nothing where the protocol has none.
async fn dispatch(
    app: &App,
    audiences: &AudienceCache,
    socket: &Socket,
    frame: ClientFrame,
) -> Result<Option<String>, Failure> {
    match frame {
        ClientFrame::Ping { cursors } => route::ping(app, socket, &cursors).await.map(Some),
        ClientFrame::Message {
            id,
            session_id,
            content,
            metadata,
        } => route::message(app, socket, &id, &session_id, &content, metadata)
            .await
            .map(Some),
        ClientFrame::Edit {
            id,
            session_id,
            message_id,
            rev,
            content,
            metadata,
        } => {
            let alteration = Alteration {
                message: message_id,
                rev,
                edit: Some(Edit::new(&content, metadata)?),
            };
            route::alter(app, socket, &id, &session_id, &alteration)
                .await
                .map(Some)
        }
        ClientFrame::Delete {
            id,
            session_id,
            message_id,
            rev,
        } => {
            let alteration = Alteration {
                message: message_id,
                rev,
                edit: None,
            };
            route::alter(app, socket, &id, &session_id, &alteration)
                .await
                .map(Some)
        }
        ClientFrame::UserTyping { session_id, typing } => {
            route::user_typing(app, audiences, socket, &session_id, typing)
                .await
                .map(|()| None)
        }
        ClientFrame::Read {
            id,
            session_id,
            seq,
        } => route::read(app, socket, &id, &session_id, seq)
            .await
            .map(Some),
        ClientFrame::Sync { id, cursors } => {
            route::sync(app, socket, &id, &cursors).await.map(Some)
        }
    }
}
