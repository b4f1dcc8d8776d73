//! Writes a history down while it happens.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use anyhow::{Context, Result};

use super::{Event, What};

/// Writes a history down while it happens: into memory and, if wanted, as JSON lines into a file.
#[derive(Debug)]
pub struct Recorder {
    began: Instant,
    numbers: AtomicU64,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    events: Vec<Event>,
    file: Option<BufWriter<File>>,
}

impl Recorder {
    /// An empty history that begins now.
    pub fn new(file: Option<&Path>) -> Result<Self> {
        let open = |path: &Path| {
            let file =
                File::create(path).with_context(|| format!("creating {}", path.display()))?;
            anyhow::Ok(BufWriter::new(file))
        };
        let file = file.map(open).transpose()?;
        Ok(Self {
            began: Instant::now(),
            numbers: AtomicU64::new(0),
            kept: Mutex::new(Kept {
                file,
                ..Kept::default()
            }),
        })
    }

    /// Microseconds since it began.
    pub fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// A number that nothing else of this history has.
    pub fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    /// Notes that something happens now.
    pub fn note(&self, what: What) {
        let mut kept = self.lock();
        // Under the lock, so that the order of the events is that of their times.
        let event = Event {
            at: self.now(),
            what,
        };
        if let Some(file) = &mut kept.file
            && let Err(error) = serde_json::to_writer(&mut *file, &event)
                .map_err(Into::into)
                .and_then(|()| file.write_all(b"\n"))
        {
            eprintln!("the history is not written any further: {error}");
            kept.file = None;
        }
        kept.events.push(event);
    }

    /// How many events there are.
    pub fn len(&self) -> usize {
        self.lock().events.len()
    }

    /// Whether nothing has happened yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What has happened, in its order. The file has all of it.
    pub fn finish(&self) -> Result<Vec<Event>> {
        let mut kept = self.lock();
        if let Some(file) = &mut kept.file {
            file.flush().context("writing the history")?;
        }
        Ok(kept.events.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
