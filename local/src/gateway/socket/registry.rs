//! The connections of an API.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use tokio::runtime::Handle;
use tracing::warn;

use super::{connection::Connection, dispatch, end::End};

type Connections = HashMap<String, Arc<Connection>>;

/// The connections of an API, by id. A connection is here from the end of `$connect` until its socket ends.
///
/// A std lock: it is held for one operation on the map, and nothing awaits meanwhile.
#[derive(Debug, Default)]
pub(crate) struct Registry(RwLock<Connections>);

impl Registry {
    pub(crate) fn get(&self, id: &str) -> Option<Arc<Connection>> {
        self.read().get(id).cloned()
    }

    /// The connection, which nobody finds from now on.
    pub(crate) fn remove(&self, id: &str) -> Option<Arc<Connection>> {
        self.write().remove(id)
    }

    pub(crate) fn len(&self) -> usize {
        self.read().len()
    }

    fn insert(&self, connection: Arc<Connection>) {
        self.write()
            .insert(connection.peer.connection_id.clone(), connection);
    }

    // A map is whole after any panic: each operation on it is one call.
    fn read(&self) -> RwLockReadGuard<'_, Connections> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Connections> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The life of a connection that `$connect` let in. When it is dropped, however that comes, the registry forgets the
/// connection and `$disconnect` is invoked: exactly once, because there is one lease.
#[derive(Debug)]
pub(super) struct Lease {
    connection: Arc<Connection>,
    end: End,
}

impl Lease {
    pub(super) fn new(connection: Arc<Connection>) -> Self {
        connection.api.registry.insert(Arc::clone(&connection));
        Self {
            connection,
            end: End::LOST,
        }
    }

    pub(super) fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }

    /// Ends the connection in a known way. A lease that is only dropped was lost.
    pub(super) fn end(mut self, end: End) {
        self.end = end;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let connection = Arc::clone(&self.connection);
        connection
            .api
            .registry
            .remove(&connection.peer.connection_id);
        let end = std::mem::replace(&mut self.end, End::LOST);
        match Handle::try_current() {
            Ok(runtime) => {
                let tasks = connection.api.platform.tasks.clone();
                tasks.spawn_on(dispatch::disconnected(connection, end), &runtime);
            }
            Err(error) => {
                warn!("a socket ended without $disconnect, the gateway's runtime is gone: {error}")
            }
        }
    }
}
