//! The file system, telling of changed files.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Component, Path, PathBuf},
    time::Duration,
};

use notify::{Config, Event, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::{
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    time::{Instant, timeout_at},
};

use super::sources::{Sources, is_written};

/// How long nothing has to change until what changed is handed out: "save all" is one batch.
const SILENCE: Duration = Duration::from_millis(100);

/// How long a batch may become, when something changes all the time.
const LONGEST_BATCH: Duration = Duration::from_secs(2);

/// Changed files, in batches. Dropping it ends the watch.
#[derive(Debug)]
pub(crate) struct Changes {
    watcher: RecommendedWatcher,
    events: UnboundedReceiver<notify::Result<Event>>,
    sources: Sources,
}

impl Changes {
    /// Watches from now on. It asks for a watch of every folder, because one of a whole tree would include what Cargo writes.
    pub(crate) fn watch(sources: Sources) -> notify::Result<Self> {
        let (tell, events) = unbounded_channel();
        let listener = move |event| {
            // Nobody listens any more when the stack stops.
            drop(tell.send(event));
        };
        let watcher = RecommendedWatcher::new(listener, Config::default())?;
        let mut changes = Self {
            watcher,
            events,
            sources,
        };
        let template = changes.sources.template_folder().to_owned();
        changes
            .watcher
            .watch(&template, RecursiveMode::NonRecursive)?;
        let trees: Vec<PathBuf> = changes.sources.trees().map(Path::to_owned).collect();
        for tree in trees {
            changes.watch_tree(&tree, &mut BTreeSet::new())?;
        }
        Ok(changes)
    }

    /// What the stack is made of.
    pub(crate) fn sources(&self) -> &Sources {
        &self.sources
    }

    /// The files that changed, once nothing changes for a moment; none when the watch has ended.
    pub(super) async fn next(&mut self) -> Option<BTreeSet<PathBuf>> {
        let mut paths = BTreeSet::new();
        while paths.is_empty() {
            let event = self.events.recv().await?;
            self.take(event, &mut paths);
        }
        let end = Instant::now() + LONGEST_BATCH;
        loop {
            let quiet = (Instant::now() + SILENCE).min(end);
            match timeout_at(quiet, self.events.recv()).await {
                Ok(Some(event)) => self.take(event, &mut paths),
                Ok(None) | Err(_) => return Some(paths),
            }
        }
    }

    fn take(&mut self, event: notify::Result<Event>, paths: &mut BTreeSet<PathBuf>) {
        let event = match event {
            Ok(event) => event,
            Err(error) => return tracing::warn!(%error, "a change may have been missed"),
        };
        let kind = event.kind;
        if !(kind.is_create() || kind.is_modify() || kind.is_remove()) {
            return;
        }
        for path in event.paths {
            if path.is_dir() && path.components().next_back().is_some_and(is_written) {
                if let Err(error) = self.watch_tree(&path, paths) {
                    tracing::warn!(%error, "a new folder is not watched: {}", path.display());
                }
            } else {
                paths.insert(path);
            }
        }
    }

    /// Watches a folder and those below it that people write to, and collects their files.
    fn watch_tree(&mut self, folder: &Path, files: &mut BTreeSet<PathBuf>) -> notify::Result<()> {
        self.watcher.watch(folder, RecursiveMode::NonRecursive)?;
        let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        for entry in entries.map_err(notify::Error::io)? {
            let path = entry.path();
            if !is_written(Component::Normal(&entry.file_name())) {
                continue;
            }
            match entry.file_type().map_err(notify::Error::io)?.is_dir() {
                true => self.watch_tree(&path, files)?,
                false => {
                    files.insert(path);
                }
            }
        }
        Ok(())
    }
}
