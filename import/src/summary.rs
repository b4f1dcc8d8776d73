//! What an import did.

use std::{fmt, path::PathBuf, time::Duration};

#[derive(Debug, Default)]
pub(crate) struct Summary {
    pub(crate) sessions: u64,
    pub(crate) imported: u64,
    /// There before.
    pub(crate) known: u64,
    /// Given another time than their own, because the one before them had a later one or because it lay in the future.
    pub(crate) moved: u64,
    pub(crate) rejected: u64,
    pub(crate) rejected_file: PathBuf,
    pub(crate) dry_run: bool,
    pub(crate) took: Duration,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let done = if self.dry_run {
            "would be imported"
        } else {
            "imported"
        };
        writeln!(f, "{:>9} lists read in {:.1?}", self.sessions, self.took)?;
        writeln!(f, "{:>9} messages {done}", self.imported)?;
        writeln!(f, "{:>9} were there already", self.known)?;
        writeln!(f, "{:>9} with another time, to stay in order", self.moved)?;
        write!(f, "{:>9} rejected", self.rejected)?;
        if self.rejected > 0 {
            write!(f, ": see {}", self.rejected_file.display())?;
        }
        Ok(())
    }
}
