//! What takes time, told to the person who waits.

use std::{fmt, sync::Arc};

/// One thing to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// A step begins, or has ended: `Installing PostgreSQL`.
    Step(&'a str),
    /// A line of the program that a step runs.
    Detail(&'a str),
}

/// Where the steps are told; cheap to clone. The library prints nothing by itself.
#[derive(Clone)]
pub struct Progress(Arc<dyn Fn(Event<'_>) + Send + Sync>);

impl Progress {
    /// Tells `listener`, which is called from many threads and must not block for long.
    pub fn new(listener: impl Fn(Event<'_>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(listener))
    }

    /// Tells nobody.
    pub fn silent() -> Self {
        Self::new(|_| ())
    }

    /// A step begins, or has ended.
    pub fn step(&self, text: &str) {
        (self.0)(Event::Step(text));
    }

    /// A line of the program that the step runs.
    pub fn detail(&self, line: &str) {
        (self.0)(Event::Detail(line));
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Progress")
    }
}
