//! On schedules: removes what is past its time in slices, or counts it, and reports.

use std::sync::Arc;

use lambda_runtime::{Diagnostic, LambdaEvent, run_concurrent, service_fn};
use serde::Deserialize;
use shared::{
    App,
    invocation::{fault, time_left},
    runtime,
    sweep::{SweepReport, dry_run, sweep},
};

/// What a schedule or an operator asks for; what else stands in a schedule's event does not matter.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Request {
    /// Count, and remove nothing.
    dry_run: bool,
    /// Only if the slice before has left something.
    go_on: bool,
}

fn main() -> Result<(), lambda_runtime::Error> {
    runtime::run(|app| run_concurrent(service_fn(move |event| cleanup(app.clone(), event))))
}

async fn cleanup(app: Arc<App>, event: LambdaEvent<Request>) -> Result<SweepReport, Diagnostic> {
    let time_left = || time_left(&event.context);
    let report = match &event.payload {
        Request { dry_run: true, .. } => dry_run(&app, time_left).await,
        request => sweep(&app, request.go_on, time_left).await,
    };
    report.map_err(|error| fault(&error, "cleanup"))
}
