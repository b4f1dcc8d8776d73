//! The folder that the servers of one stack live in.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    hash::{DefaultHasher, Hash, Hasher},
    io::ErrorKind,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use tracing::debug;
use uuid::Uuid;

use super::{ServiceError, account::Account, install::Install, postgres};
use crate::progress::Progress;

/// How long the data are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// From one start to the next; one stack at a time.
    Kept,
    /// Until the stack stops, and not safe against a power failure, which makes it several times faster; any number of
    /// stacks at a time.
    Throwaway,
    /// Until the stack stops, but written as safely as kept data, so that what is measured is what is deployed.
    Measured,
}

/// The folder that the servers of one stack live in. It is locked while this value lives, and a throwaway one is then
/// removed.
#[derive(Debug)]
pub struct Place {
    /// Installed servers, templates and locks, common to all stacks of one state folder.
    pub(super) root: PathBuf,
    /// Data and logs of this stack.
    pub(super) instance: PathBuf,
    pub(super) lifetime: Lifetime,
    pub(super) install: Install,
    pub(super) progress: Progress,
    /// Whom PostgreSQL runs as.
    pub(super) account: Account,
    _lock: File,
}

impl Place {
    /// Opens `state_dir`, creating it when missing, and removes what crashed stacks have left in it.
    pub async fn open(
        state_dir: &Path,
        lifetime: Lifetime,
        install: Install,
        progress: Progress,
    ) -> Result<Self, ServiceError> {
        let account = Account::for_postgres()?;
        let root = reachable(state_dir, &account, &progress)?;
        let (instance, lock) = match lifetime {
            Lifetime::Kept => (root.clone(), lock_kept(&root)?),
            Lifetime::Throwaway | Lifetime::Measured => new_instance(&root).await?,
        };
        Ok(Self {
            root,
            instance,
            lifetime,
            install,
            progress,
            account,
            _lock: lock,
        })
    }

    /// Where a server of that name keeps its data and its log.
    pub(super) fn folder(&self, server: &str) -> Result<PathBuf, ServiceError> {
        let folder = self.instance.join(server);
        create(&folder)?;
        Ok(folder)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.lifetime != Lifetime::Kept {
            // What cannot be removed now is removed by the next `open`, when its lock is free.
            remove(&self.instance);
        }
    }
}

/// `state_dir`, or a folder in `/var/tmp` when PostgreSQL's user cannot reach it, as in root's home.
fn reachable(
    state_dir: &Path,
    account: &Account,
    progress: &Progress,
) -> Result<PathBuf, ServiceError> {
    create(state_dir)?;
    let state_dir = state_dir
        .canonicalize()
        .map_err(ServiceError::io(format!("opening {}", state_dir.display())))?;
    if account.reaches(&state_dir) {
        return Ok(state_dir);
    }
    let mut hasher = DefaultHasher::new();
    state_dir.hash(&mut hasher);
    let elsewhere = Path::new("/var/tmp").join(format!("local-stack-{:016x}", hasher.finish()));
    create(&elsewhere)?;
    let owner = fs::metadata(&elsewhere)
        .map_err(ServiceError::io(format!("opening {}", elsewhere.display())))?
        .uid();
    if owner != rustix::process::geteuid().as_raw() {
        let taken = std::io::Error::other("it belongs to somebody else");
        return Err(ServiceError::io(format!("opening {}", elsewhere.display()))(taken));
    }
    let (wanted, chosen) = (state_dir.display(), elsewhere.display());
    progress.step(&format!(
        "PostgreSQL's user cannot reach {wanted}: the data are in {chosen}"
    ));
    Ok(elsewhere)
}

fn lock_kept(root: &Path) -> Result<File, ServiceError> {
    let lock = open_lock(&root.join("lock"))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(ServiceError::Busy(root.to_owned())),
        Err(TryLockError::Error(error)) => Err(ServiceError::io(format!(
            "locking {}",
            root.display()
        ))(error)),
    }
}

async fn new_instance(root: &Path) -> Result<(PathBuf, File), ServiceError> {
    let instances = root.join("instances");
    create(&instances)?;
    // Held while an instance has a folder but not yet its lock, so that nobody takes it for a leftover.
    let _creating = lock_file(&root.join("instances.lock")).await?;
    remove_leftovers(&instances);
    let instance = instances.join(Uuid::now_v7().to_string());
    create(&instance)?;
    let lock = lock_file(&instance.join("lock")).await?;
    Ok((instance, lock))
}

/// A stack that was killed leaves its folder, but its lock is free.
fn remove_leftovers(instances: &Path) {
    for instance in fs::read_dir(instances).into_iter().flatten().flatten() {
        let instance = instance.path();
        if File::open(instance.join("lock")).is_ok_and(|lock| lock.try_lock().is_ok()) {
            postgres::end_leftover(&instance.join("postgres"));
            remove(&instance);
        }
    }
}

/// Creates a folder and those above it.
pub(super) fn create(folder: &Path) -> Result<(), ServiceError> {
    fs::create_dir_all(folder).map_err(ServiceError::io(format!("creating {}", folder.display())))
}

/// Removes a folder, if it is there.
pub(super) fn remove(folder: &Path) {
    if let Err(error) = fs::remove_dir_all(folder)
        && error.kind() != ErrorKind::NotFound
    {
        debug!(%error, "{} is left behind", folder.display());
    }
}

/// Waits for the lock. It is free again when the file is dropped, or when its process dies.
pub(super) async fn lock_file(path: &Path) -> Result<File, ServiceError> {
    let lock = open_lock(path)?;
    let waiting = tokio::task::spawn_blocking(move || lock.lock().map(|()| lock)).await;
    let locked = waiting.unwrap_or_else(|error| Err(std::io::Error::other(error)));
    locked.map_err(ServiceError::io(format!("locking {}", path.display())))
}

fn open_lock(path: &Path) -> Result<File, ServiceError> {
    let options = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path);
    options.map_err(ServiceError::io(format!("opening {}", path.display())))
}

/// The state folder of the workspace, so that its installed servers serve the tests of this module as well.
#[cfg(test)]
pub(super) async fn throwaway() -> Place {
    let state_dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.local");
    Place::open(
        &state_dir,
        Lifetime::Throwaway,
        Install::Private,
        Progress::silent(),
    )
    .await
    .unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn open(folder: &Path, lifetime: Lifetime) -> Result<Place, ServiceError> {
        Place::open(folder, lifetime, Install::Never, Progress::silent()).await
    }

    #[tokio::test]
    async fn a_second_stack_in_the_same_folder_is_refused() {
        let folder = tempfile::tempdir_in("/var/tmp").unwrap();
        let first = open(folder.path(), Lifetime::Kept).await.unwrap();
        let root = first.root.clone();
        let error = open(folder.path(), Lifetime::Kept).await.unwrap_err();
        assert!(matches!(error, ServiceError::Busy(busy) if busy == root));
        drop(first);
        open(folder.path(), Lifetime::Kept).await.unwrap();
    }

    #[tokio::test]
    async fn throwaway_stacks_live_side_by_side_and_leave_nothing() {
        let folder = tempfile::tempdir_in("/var/tmp").unwrap();
        let first = open(folder.path(), Lifetime::Throwaway).await.unwrap();
        let second = open(folder.path(), Lifetime::Throwaway).await.unwrap();
        assert!(
            first.instance.exists() && first.instance != second.instance,
            "the second left the first alone"
        );
        let instances = first.root.join("instances");
        drop((first, second));
        assert_eq!(fs::read_dir(instances).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn the_folder_of_a_crashed_stack_is_removed_by_the_next() {
        let folder = tempfile::tempdir_in("/var/tmp").unwrap();
        let place = open(folder.path(), Lifetime::Throwaway).await.unwrap();
        let crashed = place.root.join("instances/crashed");
        fs::create_dir(&crashed).unwrap();
        fs::write(crashed.join("lock"), "").unwrap();
        open(folder.path(), Lifetime::Throwaway).await.unwrap();
        assert!(!crashed.exists() && place.instance.exists());
    }
}
