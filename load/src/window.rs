//! A stretch of load, measured.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use serde::Serialize;
use tokio::time::sleep;

use crate::{
    board::{Faults, Recording},
    cli::Options,
    drive,
    figures::Figures,
    processes::ProcessTree,
    world::World,
};

/// How long the last pushes of a window may take.
const DRAIN: Duration = Duration::from_secs(5);

/// A stretch of load, measured.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Window {
    pub(crate) acked_per_second: f64,
    pub(crate) ack_ms: Figures,
    pub(crate) delivered_ms: Figures,
    pub(crate) last_device_ms: Figures,
    pub(crate) errors: BTreeMap<String, u64>,
    #[serde(flatten)]
    pub(crate) faults: Faults,
    /// Percentage of the frames that came after one with a higher `seq`.
    pub(crate) crossed_percent: f64,
    /// Processor time by name of process, for 1,000 messages.
    pub(crate) cpu_ms_per_1000: BTreeMap<String, f64>,
    /// Each second by itself.
    pub(crate) seconds: Vec<Figures>,
}

impl Window {
    /// Loads the stack for so long, and waits for what is on its way.
    pub(crate) async fn measure(
        options: &Options,
        world: &World,
        processes: Option<&ProcessTree>,
        seconds: u64,
    ) -> Result<Self> {
        let cpu = || processes.map(ProcessTree::cpu_by_name).unwrap_or_default();
        let (before, began) = (cpu(), Instant::now());
        world.board.begin();
        let deadline = began + Duration::from_secs(seconds);
        match options.rate {
            Some(rate) => drive::open(world, rate, deadline).await,
            None => drive::closed(world, options.concurrency, deadline).await,
        }
        let took = began.elapsed();
        let drained = Instant::now() + DRAIN;
        while world.board.on_their_way() > 0 && Instant::now() < drained {
            sleep(Duration::from_millis(5)).await;
        }
        let after = cpu();
        let window = Self::new(&world.board.end(), took, &used(&before, &after));
        ensure!(
            window.ack_ms.count > 0,
            "nothing was acked: {:?}",
            window.errors
        );
        Ok(window)
    }

    fn new(recording: &Recording, took: Duration, cpu_seconds: &BTreeMap<String, f64>) -> Self {
        let ack_ms = recording.acks.figures();
        let each_1000 = 1_000.0 * 1_000.0 / ack_ms.count.max(1) as f64;
        let cpu = cpu_seconds.iter();
        Self {
            acked_per_second: ack_ms.count as f64 / took.as_secs_f64(),
            ack_ms,
            delivered_ms: recording.deliveries.figures(),
            last_device_ms: recording.last_deliveries.figures(),
            errors: recording.errors.clone(),
            faults: recording.faults,
            crossed_percent: 100.0 * recording.crossed as f64 / recording.frames.max(1) as f64,
            cpu_ms_per_1000: cpu
                .map(|(name, seconds)| (name.clone(), seconds * each_1000))
                .collect(),
            seconds: recording
                .seconds
                .values()
                .map(|times| times.figures())
                .collect(),
        }
    }

    /// In a line.
    pub(crate) fn line(&self) -> String {
        let Self {
            acked_per_second,
            ack_ms,
            ..
        } = self;
        format!("{acked_per_second:.0} acked/s, ack {ack_ms}")
    }
}

fn used(before: &BTreeMap<String, f64>, after: &BTreeMap<String, f64>) -> BTreeMap<String, f64> {
    let spent = |name| after[name] - before.get(name).copied().unwrap_or_default();
    after
        .keys()
        .map(|name| (name.clone(), spent(name).max(0.0)))
        .collect()
}
