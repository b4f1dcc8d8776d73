//! What a run has shown.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::Serialize;

use crate::{
    board::Faults,
    cli::Options,
    figures::{Figures, median, median_figures},
    floor::FloorFigures,
    window::Window,
};

/// What a run has shown: the median of each figure over its windows, and the sum of what went wrong.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    users: usize,
    devices: usize,
    sessions: usize,
    concurrency: Option<usize>,
    rate: Option<u32>,
    acked_per_second: f64,
    ack_ms: Figures,
    delivered_ms: Figures,
    last_device_ms: Figures,
    crossed_percent: f64,
    errors: BTreeMap<String, u64>,
    #[serde(flatten)]
    faults: Faults,
    cpu_ms_per_1000: BTreeMap<String, f64>,
    /// With its sockets open, before any load.
    idle_bytes: Option<BTreeMap<String, u64>>,
    floor: Option<FloorFigures>,
    windows: Vec<Window>,
    #[serde(skip)]
    timeline: bool,
}

impl Report {
    pub(crate) fn new(
        options: &Options,
        windows: Vec<Window>,
        floor: Option<FloorFigures>,
        idle_bytes: Option<BTreeMap<String, u64>>,
    ) -> Self {
        let middle = |part: fn(&Window) -> f64| median(windows.iter().map(part));
        let figures = |part: fn(&Window) -> Figures| {
            median_figures(&windows.iter().map(part).collect::<Vec<_>>())
        };
        let mut errors = BTreeMap::new();
        let mut faults = Faults::default();
        for window in &windows {
            for (code, count) in &window.errors {
                *errors.entry(code.clone()).or_default() += count;
            }
            faults.lost += window.faults.lost;
            faults.doubled += window.faults.doubled;
            faults.disordered += window.faults.disordered;
        }
        Self {
            users: options.users,
            devices: options.devices,
            sessions: options.session_count(),
            concurrency: options.rate.is_none().then_some(options.concurrency),
            rate: options.rate,
            acked_per_second: middle(|window| window.acked_per_second),
            ack_ms: figures(|window| window.ack_ms),
            delivered_ms: figures(|window| window.delivered_ms),
            last_device_ms: figures(|window| window.last_device_ms),
            crossed_percent: middle(|window| window.crossed_percent),
            errors,
            faults,
            cpu_ms_per_1000: median_cpu(&windows),
            idle_bytes,
            floor,
            windows,
            timeline: options.timeline,
        }
    }

    /// Whether nothing was lost, doubled, disordered or refused.
    pub(crate) fn is_sound(&self) -> bool {
        self.faults == Faults::default() && self.errors.is_empty()
    }
}

fn median_cpu(windows: &[Window]) -> BTreeMap<String, f64> {
    let names: BTreeSet<&String> = windows
        .iter()
        .flat_map(|window| window.cpu_ms_per_1000.keys())
        .collect();
    let of = |name: &String| {
        let all = windows.iter().map(|window| {
            window
                .cpu_ms_per_1000
                .get(name)
                .copied()
                .unwrap_or_default()
        });
        median(all)
    };
    names
        .into_iter()
        .map(|name| (name.clone(), of(name)))
        .collect()
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "acked          {:.0} a second", self.acked_per_second)?;
        writeln!(f, "send → ack     {}", self.ack_ms)?;
        writeln!(f, "send → device  {}", self.delivered_ms)?;
        writeln!(f, "send → last    {}", self.last_device_ms)?;
        writeln!(
            f,
            "crossed        {:.2} % of the frames",
            self.crossed_percent
        )?;
        let Faults {
            lost,
            doubled,
            disordered,
        } = self.faults;
        writeln!(
            f,
            "lost           {lost}, doubled {doubled}, disordered {disordered}"
        )?;
        for (code, count) in &self.errors {
            writeln!(f, "error          {code}: {count}")?;
        }
        if let Some(floor) = &self.floor {
            writeln!(
                f,
                "floor          {floor}; ack p50 is {:.1} times its p50",
                self.ack_ms.p50 / floor.ms.p50
            )?;
        }
        let total: f64 = self.cpu_ms_per_1000.values().sum();
        if total > 0.0 {
            writeln!(
                f,
                "processor      {total:.0} ms for 1,000 messages: {}",
                parts(&self.cpu_ms_per_1000, 1.0, "ms")
            )?;
        }
        if let Some(bytes) = &self.idle_bytes {
            let mib: BTreeMap<String, f64> = bytes
                .iter()
                .map(|(name, bytes)| (name.clone(), *bytes as f64))
                .collect();
            let (total, mebi) = (mib.values().sum::<f64>(), 1_048_576.0);
            writeln!(
                f,
                "memory, idle   {:.0} MiB: {}",
                total / mebi,
                parts(&mib, mebi, "MiB")
            )?;
        }
        if self.timeline {
            for (number, window) in self.windows.iter().enumerate() {
                for (second, figures) in window.seconds.iter().enumerate() {
                    writeln!(
                        f,
                        "window {} second {second}: {} acked, {figures}",
                        number + 1,
                        figures.count
                    )?;
                }
            }
        }
        Ok(())
    }
}

/// Each of some sums by name, the largest first, without what rounds to nothing.
fn parts(sums: &BTreeMap<String, f64>, unit: f64, unit_name: &str) -> String {
    let mut parts: Vec<_> = sums
        .iter()
        .map(|(name, sum)| (sum / unit, name))
        .filter(|(sum, _)| *sum >= 0.5)
        .collect();
    parts.sort_by(|a, b| b.0.total_cmp(&a.0));
    let parts: Vec<String> = parts
        .iter()
        .map(|(sum, name)| format!("{name} {sum:.0} {unit_name}"))
        .collect();
    parts.join(", ")
}
