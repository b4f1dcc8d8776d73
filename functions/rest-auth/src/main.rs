//! `/api/auth/*`: guests, sign-up, log-in, services, refresh, log-out and tickets.

mod route;
mod signed_in;

use std::sync::Arc;

use lambda_http::{Error, Request, Response, run_concurrent, service_fn};
use shared::{
    App,
    code::Failure,
    rest::{Call, NotFound, Reply},
    runtime,
};

fn main() -> Result<(), Error> {
    runtime::run(|app| run_concurrent(service_fn(move |request| answer(app.clone(), request))))
}

async fn answer(app: Arc<App>, request: Request) -> Result<Response<String>, Error> {
    let call = Call::new(request);
    let outcome = dispatch(&app, &call.route(), &call).await;
    Ok(Reply::answer(outcome, &call, &app.token_keys))
}

async fn dispatch(app: &App, route: &str, call: &Call) -> Result<Reply, Failure> {
    match route {
        "POST /api/auth/guest" => route::guest(app, call).await,
        "POST /api/auth/signup" => route::sign_up(app, call).await,
        "POST /api/auth/login" => route::log_in(app, call).await,
        "POST /api/auth/refresh" => route::refresh(app, call).await,
        "POST /api/auth/logout" => route::log_out(app, call).await,
        "POST /api/auth/service" => route::service(app, call).await,
        "POST /api/auth/ticket" => route::ticket(app, call).await,
        _ => Err(NotFound.into()),
    }
}
