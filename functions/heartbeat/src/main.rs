//! On a schedule: closes and forgets the sockets that have been silent for longer than `WS_PONG_WAIT`.

use std::sync::Arc;

use lambda_runtime::{Diagnostic, LambdaEvent, run_concurrent, service_fn};
use serde_json::Value;
use shared::{
    App,
    heartbeat::{HeartbeatReport, beat},
    invocation::{fault, time_left},
    runtime,
};

fn main() -> Result<(), lambda_runtime::Error> {
    runtime::run(|app| run_concurrent(service_fn(move |event| heartbeat(app.clone(), event))))
}

async fn heartbeat(
    app: Arc<App>,
    event: LambdaEvent<Value>,
) -> Result<HeartbeatReport, Diagnostic> {
    beat(&app, || time_left(&event.context))
        .await
        .map_err(|error| fault(&error, "heartbeat"))
}
