//! Hot reload: a function whose code changes is rebuilt, and takes over at its next invocation. The gateway is not
//! touched, so every socket stays open; what runs has its event to its end.
//!
//! | module | is |
//! |---|---|
//! | `sources` | what the functions are made of, and which of them a changed file concerns |
//! | `changes` | the file system, telling of changed files |
//! | `reload` | builds what changed and hands it to Lambda |

mod changes;
mod reload;
mod sources;
#[cfg(test)]
mod tests;

use tokio::task::JoinHandle;

pub(crate) use changes::Changes;
pub(crate) use reload::Reload;
pub(crate) use sources::Sources;

/// A stack that follows its code. Dropping it ends that.
#[derive(Debug)]
pub(crate) struct Watch {
    task: JoinHandle<()>,
}

impl Watch {
    /// Reloads what `changes` tell of. Must be called within a Tokio runtime.
    pub(crate) fn start(mut changes: Changes, mut reload: Reload) -> Self {
        let task = tokio::spawn(async move {
            while let Some(paths) = changes.next().await {
                reload.apply(&paths).await;
            }
        });
        Self { task }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}
