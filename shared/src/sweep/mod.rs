//! What cleanup removes, in slices that end in time and batches that hold their locks for a moment.
//!
//! Every step costs what it removes and not what it looks at: an index leads to what is due. A slice that ends before everything is gone
//! says so in the database, and the next one goes on.

mod dry_run;
mod metrics;
mod pace;
mod report;
mod step;

use std::time::{Duration, Instant};

pub use self::{dry_run::dry_run, report::SweepReport};
use self::{
    pace::Pace,
    step::{STEPS, Step},
};
use crate::{App, database::DatabaseError};

/// What the last batch and the report may take before the function's deadline.
const MARGIN: Duration = Duration::from_secs(5);

/// Removes what is due until `CLEANUP_SLICE` or the function's time is over. Two at once share the work.
///
/// With `go_on` only if the slice before has left something.
pub async fn sweep(
    app: &App,
    go_on: bool,
    time_left: impl Fn() -> Duration,
) -> Result<SweepReport, DatabaseError> {
    let began = Instant::now();
    let mut report = SweepReport::begin();
    if !begin(app, go_on).await? {
        report.complete = true;
        return Ok(report);
    }
    let time_is_up =
        || began.elapsed() + Pace::LONGEST > app.config.cleanup_slice || time_left() < MARGIN;
    report.complete = true;
    for step in &STEPS {
        report.complete &= run(app, step, &mut report, &time_is_up).await?;
    }
    if report.complete {
        end(app).await?;
    }
    report.millis = began.elapsed().as_millis() as u64;
    metrics::emit(&report);
    Ok(report)
}

/// Runs the batches of one step; false if time ran out before its end.
async fn run(
    app: &App,
    step: &Step,
    report: &mut SweepReport,
    time_is_up: &impl Fn() -> bool,
) -> Result<bool, DatabaseError> {
    let mut pace = Pace::new();
    while !time_is_up() {
        let began = Instant::now();
        let worked = match step.batch(app, pace.rows(), report).await {
            Err(DatabaseError::TimedOut) if pace.slow_down() => continue,
            result => result?,
        };
        let took = began.elapsed();
        report.batch(took);
        if worked < pace.rows() {
            return Ok(true);
        }
        tokio::time::sleep(pace.after(took)).await;
    }
    Ok(false)
}

/// Notes that a cleanup is under way: one that is cut off is gone on with. False if there is nothing to go on with.
async fn begin(app: &App, go_on: bool) -> Result<bool, DatabaseError> {
    let statement = match go_on {
        true => "SELECT FROM sweeps WHERE unfinished_since IS NOT NULL",
        false => {
            "UPDATE sweeps SET unfinished_since = coalesce(unfinished_since, now()) RETURNING current"
        }
    };
    Ok(!app.database.query(statement, &[]).await?.is_empty())
}

async fn end(app: &App) -> Result<(), DatabaseError> {
    let statement = "UPDATE sweeps SET unfinished_since = NULL";
    app.database.query(statement, &[]).await.map(drop)
}
