//! An open socket, as the rest of the gateway sees it.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicI64, Ordering},
};

use serde_json::value::RawValue;
use tokio::sync::oneshot;

use super::{
    api::SocketApi,
    end::End,
    outbox::{Full, Outbox, Outgoing, OutgoingQueue},
    peer::Peer,
};
use crate::gateway::clock::Moment;

/// An open socket, as the rest of the gateway sees it.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) api: Arc<SocketApi>,
    pub(crate) peer: Peer,
    /// `requestContext.authorizer` of every event, written out once.
    pub(crate) authorizer: Option<Box<RawValue>>,
    outbox: Outbox,
    /// When the last message went either way, in milliseconds since 1970.
    active: AtomicI64,
    hang_up: Mutex<Option<oneshot::Sender<End>>>,
}

/// The other end of a [`Connection`], which its socket holds.
#[derive(Debug)]
pub(super) struct Inbox {
    pub(super) outgoing: OutgoingQueue,
    /// Resolves when somebody ends the connection.
    pub(super) hang_up: oneshot::Receiver<End>,
}

impl Connection {
    pub(super) fn new(
        api: Arc<SocketApi>,
        peer: Peer,
        authorizer: Option<Box<RawValue>>,
    ) -> (Arc<Self>, Inbox) {
        let (outbox, outgoing) = Outbox::new(api.platform.options.limits.outbound_bytes);
        let (sender, hang_up) = oneshot::channel();
        let active = AtomicI64::new(peer.connected_at.epoch_ms());
        let connection = Self {
            api,
            peer,
            authorizer,
            outbox,
            active,
            hang_up: Mutex::new(Some(sender)),
        };
        (Arc::new(connection), Inbox { outgoing, hang_up })
    }

    /// Queues a message for the client, or says that too much waits for it already.
    pub(crate) fn post(&self, message: Outgoing) -> Result<(), Full> {
        self.outbox.try_push(message)?;
        self.touch();
        Ok(())
    }

    /// Queues an answer of the gateway's own, waiting for room while the client is slow.
    pub(super) async fn reply(&self, message: Outgoing) {
        self.outbox.push(message).await;
        self.touch();
    }

    /// Puts the connection's idle timer back to its start.
    pub(super) fn touch(&self) {
        self.active
            .store(self.api.platform.clock.now().epoch_ms(), Ordering::Relaxed);
    }

    pub(crate) fn last_active(&self) -> Moment {
        Moment::from_epoch_ms(self.active.load(Ordering::Relaxed))
    }

    /// Ends the connection; the first to do so decides how.
    pub(crate) fn hang_up(&self, end: End) {
        let sender = self
            .hang_up
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(sender) = sender {
            // A receiver that is gone belongs to a socket that has ended.
            drop(sender.send(end));
        }
    }

    /// Waits until the connection was idle for too long, or lived for too long.
    pub(super) async fn expired(&self) {
        let limits = &self.api.platform.options.limits;
        let clock = &self.api.platform.clock;
        loop {
            let deadline = self
                .last_active()
                .after(limits.idle)
                .min(self.peer.connected_at.after(limits.lifetime));
            if clock.now() >= deadline {
                return;
            }
            clock.sleep_until(deadline).await;
        }
    }
}
