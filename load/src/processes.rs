//! What a stack's processes use, by their names: processor time and memory.

use std::{collections::BTreeMap, fs};

/// The kernel counts processor time in hundredths of a second.
const TICKS_PER_SECOND: f64 = 100.0;

/// A process and everything that descends from it.
#[derive(Debug)]
pub(crate) struct ProcessTree {
    root: u32,
}

/// One process as `/proc` shows it.
#[derive(Debug, PartialEq)]
struct Process {
    pid: u32,
    parent: u32,
    name: String,
    ticks: u64,
}

impl ProcessTree {
    /// Of the process with that id.
    pub(crate) fn of(root: u32) -> Self {
        Self { root }
    }

    /// Seconds of processor time so far. A process that has ended no longer counts, so it is for a time in which none does.
    pub(crate) fn cpu_by_name(&self) -> BTreeMap<String, f64> {
        let mut sums = BTreeMap::new();
        for process in self.processes() {
            *sums.entry(process.name).or_default() += process.ticks as f64 / TICKS_PER_SECOND;
        }
        sums
    }

    /// Bytes that would be free without them: what several share counts once in all.
    pub(crate) fn memory_by_name(&self) -> BTreeMap<String, u64> {
        let mut sums = BTreeMap::new();
        for process in self.processes() {
            *sums.entry(process.name).or_default() += proportional_bytes(process.pid);
        }
        sums
    }

    fn processes(&self) -> Vec<Process> {
        let all: Vec<Process> = fs::read_dir("/proc")
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter_map(process)
            .collect();
        let parents: BTreeMap<u32, u32> = all
            .iter()
            .map(|process| (process.pid, process.parent))
            .collect();
        all.into_iter()
            .filter(|process| descends(process.pid, self.root, &parents))
            .collect()
    }
}

fn descends(pid: u32, root: u32, parents: &BTreeMap<u32, u32>) -> bool {
    let mut next = Some(&pid);
    while let Some(pid) = next {
        if *pid == root {
            return true;
        }
        next = parents.get(pid);
    }
    false
}

fn process(pid: u32) -> Option<Process> {
    parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// `pid (name) state ppid … utime stime …`; a name may have spaces and brackets.
fn parse(stat: &str) -> Option<Process> {
    let (pid, rest) = stat.split_once(" (")?;
    let (name, rest) = rest.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split(' ').collect();
    let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
    Some(Process {
        pid: pid.parse().ok()?,
        parent: number(1)? as u32,
        name: name.to_owned(),
        ticks: number(11)? + number(12)?,
    })
}

fn proportional_bytes(pid: u32) -> u64 {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
    let kib: Option<u64> =
        line.and_then(|line| line.trim().trim_end_matches(" kB").trim().parse().ok());
    kib.unwrap_or_default() * 1_024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_have_brackets() {
        let stat = "7 (a (b) c) S 3 7 7 0 -1 0 1 2 3 4 50 60 0 0 20 0 1 0 9 8 7";
        let parsed = parse(stat).unwrap();
        assert_eq!(
            (
                parsed.pid,
                parsed.parent,
                parsed.name.as_str(),
                parsed.ticks
            ),
            (7, 3, "a (b) c", 110)
        );
    }

    #[test]
    fn this_process_uses_memory() {
        let tree = ProcessTree::of(std::process::id());
        assert!(tree.memory_by_name().values().sum::<u64>() > 100_000);
        assert!(!tree.cpu_by_name().is_empty());
    }
}
