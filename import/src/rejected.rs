//! The file of entries that could not be stored.

use std::{
    fs::{File, OpenOptions},
    io::{BufWriter, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use anyhow::{Context, Result};
use serde_json::json;

/// Written afresh by every run, readable by its owner alone: it holds what people wrote.
#[derive(Debug)]
pub(crate) struct Rejected {
    file: BufWriter<File>,
    pub(crate) count: u64,
}

impl Rejected {
    pub(crate) fn create(path: &Path) -> Result<Self> {
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(path)
            .with_context(|| format!("creating {}", path.display()))?;
        Ok(Self {
            file: BufWriter::new(file),
            count: 0,
        })
    }

    /// Adds a whole key, or the entry at `index` of its list.
    pub(crate) fn add(
        &mut self,
        key: &str,
        entry: Option<(u64, &[u8])>,
        reason: &str,
    ) -> Result<()> {
        let (index, text) = match entry {
            Some((index, raw)) => (Some(index), Some(String::from_utf8_lossy(raw))),
            None => (None, None),
        };
        let line = json!({"key": key, "index": index, "reason": reason, "entry": text});
        self.count += 1;
        writeln!(self.file, "{line}").context("writing the file of rejected entries")
    }

    pub(crate) fn finish(mut self) -> Result<u64> {
        self.file
            .flush()
            .context("writing the file of rejected entries")?;
        Ok(self.count)
    }
}
