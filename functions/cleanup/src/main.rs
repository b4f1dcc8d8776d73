//! On a schedule: removes what is past its time, in batches that stop before the function's deadline, and reports the counts.

use std::sync::Arc;

use lambda_runtime::{Diagnostic, LambdaEvent, run_concurrent, service_fn};
use serde_json::Value;
use shared::{
    App,
    invocation::{fault, time_left},
    sweep::{SweepReport, sweep},
    telemetry,
};

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    telemetry::init();
    let app = App::from_env()?;
    run_concurrent(service_fn(move |event| cleanup(app.clone(), event))).await
}

async fn cleanup(app: Arc<App>, event: LambdaEvent<Value>) -> Result<SweepReport, Diagnostic> {
    sweep(&app, || time_left(&event.context))
        .await
        .map_err(|error| fault(&error, "cleanup"))
}
