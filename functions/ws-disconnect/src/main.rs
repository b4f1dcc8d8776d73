//! `$disconnect`: forgets the connection. The gateway does its best to call this and may not; the heartbeat finds what is left.

use std::sync::Arc;

use lambda_runtime::{LambdaEvent, run_concurrent, service_fn};
use shared::{
    App,
    code::log_failure,
    connection::{self, NoIdentity, SocketAnswer, SocketEvent, Target},
    runtime,
};

fn main() -> Result<(), lambda_runtime::Error> {
    runtime::run(|app| run_concurrent(service_fn(move |event| disconnect(app.clone(), event))))
}

async fn disconnect(
    app: Arc<App>,
    event: LambdaEvent<SocketEvent>,
) -> Result<SocketAnswer, NoIdentity> {
    let (socket, _) = event.payload.into_parts()?;
    let gone = Target::new(socket.user_id, socket.connection_id);
    if let Err(error) = connection::forget(&app.cache, &[gone]).await {
        log_failure(&error, "forgetting a connection");
    }
    Ok(SocketAnswer::status(200))
}
