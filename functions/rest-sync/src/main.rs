//! `/api/chat/*`: sessions, members, since-sync, history, and what a socket sends over REST.

mod route;

use std::sync::Arc;

use lambda_http::{Error, Request, Response, run_concurrent, service_fn};
use shared::{
    App,
    code::Failure,
    entry::enter_by_request,
    limit::Limit,
    rest::{Call, NotFound, Reply},
    runtime,
    token::AccessError,
};
use uuid::Uuid;

fn main() -> Result<(), Error> {
    runtime::run(|app| run_concurrent(service_fn(move |request| answer(app.clone(), request))))
}

async fn answer(app: Arc<App>, request: Request) -> Result<Response<String>, Error> {
    let call = Call::new(request);
    let outcome = dispatch(&app, &call.route(), &call).await;
    Ok(Reply::answer(outcome, &call, &app.token_keys))
}

/// Who is calling, if they may. It counts against the limit on requests.
async fn enter(app: &App, call: &Call) -> Result<Uuid, Failure> {
    let identity = call.bearer(&app.token_keys)?.ok_or(AccessError::Missing)?;
    let limit = Limit::requests(&app.config);
    call.count(enter_by_request(app, &identity, limit).await?);
    Ok(identity.user_id)
}

async fn dispatch(app: &App, route: &str, call: &Call) -> Result<Reply, Failure> {
    let user = enter(app, call).await?;
    match route {
        "GET /api/chat/sessions" => route::session::list(app, user, call).await,
        "POST /api/chat/sessions" => route::session::open(app, user, call).await,
        "GET /api/chat/sessions/{id}" => route::session::read(app, user, call).await,
        "PATCH /api/chat/sessions/{id}" => route::session::revise(app, user, call).await,
        "DELETE /api/chat/sessions/{id}" => route::session::delete(app, user, call).await,
        "GET /api/chat/sessions/{id}/members" => route::member::list(app, user, call).await,
        "POST /api/chat/sessions/{id}/members" => route::member::add(app, user, call).await,
        "DELETE /api/chat/sessions/{id}/members/{user_id}" => {
            route::member::remove(app, user, call).await
        }
        "GET /api/chat/sessions/{id}/invites" => route::invite::list(app, user, call).await,
        "POST /api/chat/sessions/{id}/invites" => route::invite::make(app, user, call).await,
        "DELETE /api/chat/sessions/{id}/invites/{invite_id}" => {
            route::invite::revoke(app, user, call).await
        }
        "POST /api/chat/invites" => route::invite::accept(app, user, call).await,
        "GET /api/chat/messages/since" => route::since(app, user, call).await,
        "GET /api/chat/messages" => route::history(app, user, call).await,
        "POST /api/chat/messages" => route::send_message(app, user, call).await,
        "PATCH /api/chat/messages/{message_id}" => route::edit_message(app, user, call).await,
        "DELETE /api/chat/messages/{message_id}" => route::delete_message(app, user, call).await,
        _ => Err(NotFound.into()),
    }
}
