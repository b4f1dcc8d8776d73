//! The functions' output, line by line.

use std::sync::Arc;

use tokio::sync::broadcast;

/// One line that a function, or the platform on its behalf, wrote.
#[derive(Debug, Clone)]
pub struct LogLine {
    /// Logical id of the function's resource.
    pub function: Arc<str>,
    /// Who wrote it.
    pub source: LogSource,
    /// The line, without its line break.
    pub text: String,
}

/// Who wrote a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogSource {
    /// The function's standard output or standard error.
    Function,
    /// Lambda itself: `START`, `END`, `REPORT`.
    Platform,
}

/// Where every line goes; cheap to clone. A reader that falls behind loses the oldest lines, never slows a function.
#[derive(Debug, Clone)]
pub struct Logs {
    lines: broadcast::Sender<LogLine>,
}

impl Logs {
    /// Keeps the newest 4,096 lines for readers that are late.
    pub fn new() -> Self {
        Self {
            lines: broadcast::channel(4096).0,
        }
    }

    /// Hands a line to every reader.
    pub fn write(&self, line: LogLine) {
        // No reader is no failure: a test may not look at the logs.
        drop(self.lines.send(line));
    }

    /// Whether anybody reads; nobody needs to format a line that nobody reads.
    pub fn has_readers(&self) -> bool {
        self.lines.receiver_count() > 0
    }

    /// Every line from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<LogLine> {
        self.lines.subscribe()
    }
}

impl Default for Logs {
    fn default() -> Self {
        Self::new()
    }
}
