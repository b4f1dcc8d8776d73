//! What waits to be written to a client.

use std::sync::Arc;

use axum::body::Bytes;
use tokio::sync::{
    OwnedSemaphorePermit, Semaphore,
    mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};

/// What the smallest message counts, so that empty ones cannot fill the memory: 1 KiB.
const MIN_WEIGHT: usize = 1024;

/// A message for a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outgoing {
    payload: Bytes,
    is_text: bool,
}

impl Outgoing {
    /// A text message if the bytes are UTF-8. They are not copied.
    pub(crate) fn from_bytes(payload: Bytes) -> Self {
        let is_text = str::from_utf8(&payload).is_ok();
        Self { payload, is_text }
    }

    /// Whether a text frame can carry it.
    pub(crate) fn is_text(&self) -> bool {
        self.is_text
    }

    pub(crate) fn payload(&self) -> &[u8] {
        &self.payload
    }
}

impl From<String> for Outgoing {
    fn from(text: String) -> Self {
        Self {
            payload: text.into(),
            is_text: true,
        }
    }
}

/// Too much waits for the client already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the client side buffer is full")]
pub(crate) struct Full;

/// The writing end of a queue that is bounded by bytes, in the order of the pushes.
#[derive(Debug)]
pub(super) struct Outbox {
    queue: UnboundedSender<Queued>,
    room: Arc<Semaphore>,
    capacity: usize,
}

/// The reading end.
pub(super) type OutgoingQueue = UnboundedReceiver<Queued>;

/// A message in the queue. Its room is free again when it is dropped, that is, written.
#[derive(Debug)]
pub(super) struct Queued {
    pub(super) message: Outgoing,
    _room: OwnedSemaphorePermit,
}

impl Outbox {
    pub(super) fn new(capacity: usize) -> (Self, OutgoingQueue) {
        let (queue, receiver) = unbounded_channel();
        let capacity = capacity.clamp(MIN_WEIGHT, Semaphore::MAX_PERMITS.min(u32::MAX as usize));
        (
            Self {
                queue,
                room: Arc::new(Semaphore::new(capacity)),
                capacity,
            },
            receiver,
        )
    }

    pub(super) fn try_push(&self, message: Outgoing) -> Result<(), Full> {
        let room = Arc::clone(&self.room)
            .try_acquire_many_owned(self.weight(&message))
            .map_err(|_| Full)?;
        self.send(message, room);
        Ok(())
    }

    pub(super) async fn push(&self, message: Outgoing) {
        let room = Arc::clone(&self.room)
            .acquire_many_owned(self.weight(&message))
            .await;
        self.send(message, room.expect("the semaphore is never closed"));
    }

    /// A message larger than the whole queue may pass when it is alone.
    fn weight(&self, message: &Outgoing) -> u32 {
        let weight = message.payload.len().max(MIN_WEIGHT).min(self.capacity);
        u32::try_from(weight).expect("the capacity fits in 32 bits")
    }

    fn send(&self, message: Outgoing, room: OwnedSemaphorePermit) {
        // A reader that is gone belongs to a socket that has ended: nobody is left to tell.
        drop(self.queue.send(Queued {
            message,
            _room: room,
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: usize) -> Outgoing {
        Outgoing::from("x".repeat(bytes))
    }

    #[test]
    fn a_full_queue_takes_nothing_until_a_message_is_written() {
        let (outbox, mut queue) = Outbox::new(4 * MIN_WEIGHT);
        assert_eq!(outbox.try_push(text(3 * MIN_WEIGHT)), Ok(()));
        assert_eq!(outbox.try_push(text(1)), Ok(()));
        assert_eq!(
            outbox.try_push(text(1)),
            Err(Full),
            "a small message counts a kilobyte"
        );
        drop(queue.try_recv().unwrap());
        assert_eq!(outbox.try_push(text(2 * MIN_WEIGHT)), Ok(()));
    }

    #[test]
    fn a_message_larger_than_the_queue_passes_alone() {
        let (outbox, _queue) = Outbox::new(2 * MIN_WEIGHT);
        assert_eq!(outbox.try_push(text(9 * MIN_WEIGHT)), Ok(()));
        assert_eq!(outbox.try_push(text(1)), Err(Full));
    }

    #[test]
    fn bytes_that_are_not_utf8_stay_bytes() {
        assert!(!Outgoing::from_bytes(Bytes::from_static(b"\xff")).is_text());
        assert_eq!(
            Outgoing::from_bytes(Bytes::from_static("é".as_bytes())),
            Outgoing::from("é".to_owned())
        );
    }
}
