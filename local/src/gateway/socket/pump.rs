//! The task of a socket, which reads and writes.

use std::{io, pin::pin, sync::Arc, time::Duration};

use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{ReadHalf, WriteHalf, split},
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
    time::timeout,
};
use tracing::debug;

use super::{
    connection::{Connection, Inbox},
    dispatch,
    end::End,
    outbox::OutgoingQueue,
    registry::Lease,
    wire::{Deflate, Event, Reader, WireLimits, Writer},
};
use crate::gateway::GatewayOptions;

/// How long the 101 may take to leave after it was decided.
const UPGRADE_TIMEOUT: Duration = Duration::from_secs(10);

/// How many messages of one socket may be with a function, or wait with their answer for the client, before no more is read: more
/// than a machine works on at once, and of the longest ones 8 MiB.
const AT_WORK: usize = 64;

/// Serves an accepted socket until it ends, however it ends.
pub(super) async fn run(lease: Lease, inbox: Inbox, upgrade: OnUpgrade, deflate: Option<Deflate>) {
    let upgraded = match timeout(UPGRADE_TIMEOUT, upgrade).await {
        Ok(Ok(upgraded)) => TokioIo::new(upgraded),
        // The lease says 1006 when it is dropped.
        Ok(Err(error)) => return debug!("a client left before its 101: {error}"),
        Err(_) => return debug!("a client did not take its 101"),
    };
    let options = &lease.connection().api.platform.options;
    let patience = options.limits.close_handshake;
    let (read, write) = split(upgraded);
    let mut socket = Socket {
        reader: Reader::new(read, wire_limits(options), deflate.is_some()),
        writer: Writer::new(write, deflate, options.limits.frame_bytes),
        queue: inbox.outgoing,
        room: Arc::new(Semaphore::new(AT_WORK)),
        place: None,
    };
    let ended = socket.serve(lease.connection(), inbox.hang_up).await;
    // The connection is over now; how long the client takes to agree does not matter to `$disconnect`.
    lease.end(ended.end.clone());
    if timeout(patience, socket.finish(ended)).await.is_err() {
        debug!("a client did not finish the close handshake");
    }
}

fn wire_limits(options: &GatewayOptions) -> WireLimits {
    let limits = &options.limits;
    WireLimits {
        frame_bytes: limits.frame_bytes,
        message_bytes: limits.message_bytes,
        inflated_frame_bytes: if options.unconfirmed.limits_inflated_frames {
            limits.frame_bytes
        } else {
            limits.message_bytes
        },
    }
}

/// An open socket. It reads and writes in one task, so that ten thousand sockets are ten thousand tasks and no more.
struct Socket {
    reader: Reader<ReadHalf<TokioIo<Upgraded>>>,
    writer: Writer<WriteHalf<TokioIo<Upgraded>>>,
    queue: OutgoingQueue,
    /// For messages at work.
    room: Arc<Semaphore>,
    /// That of the next message. Without one nothing is read, not even a ping, so that a client who sends and does not read has to
    /// wait.
    place: Option<OwnedSemaphorePermit>,
}

/// How a socket ended, and what is left to do about it.
struct Ended {
    end: End,
    by: By,
}

/// Who ended a socket.
#[derive(PartialEq, Eq)]
enum By {
    /// The client said that it is done.
    Client,
    /// A function, a timer or a stop.
    Gateway,
    /// What the client sent is no WebSocket any more.
    Fault,
}

impl Socket {
    /// Hands messages on in both directions until the socket ends.
    async fn serve(
        &mut self,
        connection: &Arc<Connection>,
        hang_up: oneshot::Receiver<End>,
    ) -> Ended {
        let mut ending = pin!(ending(connection, hang_up));
        loop {
            tokio::select! {
                end = &mut ending => return Ended { end, by: By::Gateway },
                Ok(place) = Arc::clone(&self.room).acquire_owned(), if self.place.is_none() => {
                    self.place = Some(place);
                }
                event = self.reader.next(), if self.place.is_some() => match event {
                    Ok(Event::Text(text)) => self.said(connection, text),
                    Ok(Event::Ping(payload)) => self.pinged(connection, Some(payload)),
                    Ok(Event::Pong) => self.pinged(connection, None),
                    Ok(Event::Close(frame)) => {
                        return Ended { end: End::from_client(frame), by: By::Client };
                    }
                    Err(fault) => return Ended { end: End::from_fault(fault), by: By::Fault },
                },
                written = self.writer.write(), if self.writer.has_pending() => {
                    if let Err(error) = written {
                        debug!("a client is gone: {error}");
                        return Ended { end: End::LOST, by: By::Fault };
                    }
                }
                Some(queued) = self.queue.recv(), if self.writer.has_room() => {
                    self.writer.message(&queued.message);
                    self.take_queued();
                }
            }
        }
    }

    fn said(&mut self, connection: &Arc<Connection>, text: String) {
        connection.touch();
        let place = self.place.take();
        self.place = Arc::clone(&self.room).try_acquire_owned().ok();
        let connection = Arc::clone(connection);
        tokio::spawn(async move {
            dispatch::message(connection, text).await;
            drop(place);
        });
    }

    /// A ping with its payload, or a pong. Neither is a message.
    fn pinged(&mut self, connection: &Connection, ping: Option<Vec<u8>>) {
        let unconfirmed = &connection.api.platform.options.unconfirmed;
        if unconfirmed.pings_keep_alive {
            connection.touch();
        }
        if let Some(payload) = ping.filter(|_| unconfirmed.answers_pings) {
            self.writer.pong(payload);
        }
    }

    /// Takes what else is queued, as far as there is room, so that one write carries it all.
    fn take_queued(&mut self) {
        while self.writer.has_room()
            && let Ok(queued) = self.queue.try_recv()
        {
            self.writer.message(&queued.message);
        }
    }

    /// Brings the close handshake to its end.
    async fn finish(mut self, ended: Ended) {
        if ended.end.is_lost() {
            return;
        }
        if let Err(error) = self.say_goodbye(&ended).await {
            debug!("a client left before the close handshake was over: {error}");
        }
    }

    async fn say_goodbye(&mut self, ended: &Ended) -> io::Result<()> {
        if ended.by == By::Gateway {
            // What a function posted before it closed the socket is said first.
            while !self.queue.is_empty() {
                self.take_queued();
                self.writer.flush().await?;
            }
        }
        self.writer.close(ended.end.close_frame());
        self.writer.flush().await?;
        if ended.by == By::Gateway {
            // Until the client agrees, or is gone.
            while !matches!(self.reader.next().await, Ok(Event::Close(_)) | Err(_)) {}
        }
        self.writer.shutdown().await?;
        // A socket that closes with unread bytes is reset, and the client would lose the close frame that explains it.
        self.reader.drain().await;
        Ok(())
    }
}

/// Waits until somebody else than the client ends the connection.
async fn ending(connection: &Connection, hang_up: oneshot::Receiver<End>) -> End {
    tokio::select! {
        Ok(end) = hang_up => end,
        () = connection.api.platform.closing.cancelled() => End::GOING_AWAY,
        () = connection.api.platform.options.dials.sockets().until_cut() => End::LOST,
        () = connection.expired() => End::GOING_AWAY,
    }
}
