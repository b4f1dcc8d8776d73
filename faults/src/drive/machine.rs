//! What the run ran on.

use std::{fs, thread};

/// Cores and memory, for the report.
pub fn machine() -> String {
    let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let memory = fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let kibibytes = text
            .lines()
            .find_map(|line| line.strip_prefix("MemTotal:"))?;
        kibibytes
            .trim()
            .strip_suffix("kB")?
            .trim()
            .parse::<u64>()
            .ok()
    });
    let memory = memory.map_or_else(String::new, |kibibytes| {
        format!(", {} GB of memory", kibibytes / 1_000_000)
    });
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("?");
    format!(
        "{} {}, {cores} cores{memory}, load {load} at the end",
        std::env::consts::OS,
        std::env::consts::ARCH
    )
}
