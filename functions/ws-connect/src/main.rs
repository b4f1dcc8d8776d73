//! `$connect`, second half: registers the connection, so that others' messages find it.

use std::sync::Arc;

use lambda_runtime::{LambdaEvent, run_concurrent, service_fn};
use shared::{
    App,
    code::log_failure,
    connection::{self, Admission, NoIdentity, SocketAnswer, SocketEvent},
    runtime,
};

fn main() -> Result<(), lambda_runtime::Error> {
    runtime::run(|app| run_concurrent(service_fn(move |event| connect(app.clone(), event))))
}

async fn connect(
    app: Arc<App>,
    event: LambdaEvent<SocketEvent>,
) -> Result<SocketAnswer, NoIdentity> {
    let (socket, _) = event.payload.into_parts()?;
    let registered = connection::register(
        &app.cache,
        &socket,
        app.config.connections_per_user,
        app.config.pong_wait,
    );
    let status = match registered.await {
        Ok(Admission::Registered) => 200,
        Ok(refused) => {
            tracing::info!("refused a socket: {refused:?}");
            403
        }
        Err(error) => {
            // The socket opens all the same: its first ping registers it.
            log_failure(&error, "registering a connection");
            200
        }
    };
    Ok(SocketAnswer::status(status))
}
