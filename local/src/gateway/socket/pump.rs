//! The two tasks of a socket: one reads, one writes.

use std::{pin::pin, sync::Arc, time::Duration};

use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::oneshot,
    task::JoinHandle,
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message,
        protocol::{Role, WebSocketConfig},
    },
};
use tracing::debug;

use super::{
    connection::{Connection, Inbox},
    dispatch,
    end::End,
    frame::frames,
    outbox::OutgoingQueue,
    registry::Lease,
};
use crate::gateway::Limits;

/// How long the 101 may take to leave after it was decided.
const UPGRADE_TIMEOUT: Duration = Duration::from_secs(10);

/// What a socket reads at once, and allocates for it: enough for a chat message, little enough for ten thousand
/// sockets.
const READ_BUFFER_BYTES: usize = 4 * 1024;

/// How many messages one write may carry.
const BATCH: usize = 64;

type Socket = WebSocketStream<TokioIo<Upgraded>>;
type Reader = SplitStream<Socket>;
type Writer = SplitSink<Socket, Message>;

/// Serves an accepted socket until it ends, however it ends.
pub(super) async fn run(lease: Lease, inbox: Inbox, upgrade: OnUpgrade) {
    let limits = &lease.connection().api.platform.options.limits;
    let upgraded = match timeout(UPGRADE_TIMEOUT, upgrade).await {
        Ok(Ok(upgraded)) => TokioIo::new(upgraded),
        // The lease says 1006 when it is dropped.
        Ok(Err(error)) => return debug!("a client left before its 101: {error}"),
        Err(_) => return debug!("a client did not take its 101"),
    };
    let socket =
        WebSocketStream::from_raw_socket(upgraded, Role::Server, Some(protocol(limits))).await;
    let (writer, mut reader) = socket.split();
    let (close, closing) = oneshot::channel();
    let writing = tokio::spawn(write(writer, inbox.outgoing, closing, limits.frame_bytes));
    let end = read(lease.connection(), &mut reader, inbox.hang_up).await;
    let patience = limits.close_handshake;
    // The connection is over now; how long the client takes to agree does not matter to `$disconnect`.
    lease.end(end.clone());
    finish(end, reader, writing, close, patience).await;
}

fn protocol(limits: &Limits) -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .max_frame_size(Some(limits.frame_bytes))
        .max_message_size(Some(limits.message_bytes))
}

/// Dispatches messages until the socket ends, and says how it did.
async fn read(
    connection: &Arc<Connection>,
    reader: &mut Reader,
    hang_up: oneshot::Receiver<End>,
) -> End {
    let mut ending = pin!(ending(connection, hang_up));
    loop {
        let message = tokio::select! {
            biased;
            end = &mut ending => return end,
            message = reader.next() => message,
        };
        match message {
            Some(Ok(Message::Text(text))) => {
                connection.touch();
                tokio::spawn(dispatch::message(Arc::clone(connection), text));
            }
            Some(Ok(Message::Binary(_))) => return End::BINARY,
            Some(Ok(Message::Close(frame))) => return End::from_client(frame),
            // The WebSocket layer answers pings. Neither they nor pongs are messages, so they do not keep a socket
            // alive.
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
            Some(Err(error)) => return End::from_error(&error),
            None => return End::LOST,
        }
    }
}

/// Waits until somebody else than the client ends the connection.
async fn ending(connection: &Connection, hang_up: oneshot::Receiver<End>) -> End {
    tokio::select! {
        Ok(end) = hang_up => end,
        () = connection.api.platform.closing.cancelled() => End::GOING_AWAY,
        () = connection.expired() => End::GOING_AWAY,
    }
}

/// Writes what is queued, as many messages at once as there are, and at last the close frame. Returns the writer so
/// that the whole socket can be closed.
async fn write(
    mut writer: Writer,
    mut queue: OutgoingQueue,
    mut closing: oneshot::Receiver<End>,
    frame_bytes: usize,
) -> Result<Writer, Error> {
    let mut batch = Vec::new();
    loop {
        let end = tokio::select! {
            biased;
            1.. = queue.recv_many(&mut batch, BATCH) => None,
            end = &mut closing => Some(end),
        };
        for queued in batch.drain(..) {
            for frame in frames(queued.message, frame_bytes) {
                writer.feed(frame).await?;
            }
        }
        writer.flush().await?;
        match end {
            None => {}
            Some(Ok(end)) => {
                writer.send(Message::Close(Some(end.close_frame()))).await?;
                return Ok(writer);
            }
            // The socket ended in a way that leaves nothing to say.
            Some(Err(_)) => return Ok(writer),
        }
    }
}

/// Brings the close handshake to its end, for as long as the client may take.
async fn finish(
    end: End,
    mut reader: Reader,
    mut writing: JoinHandle<Result<Writer, Error>>,
    close: oneshot::Sender<End>,
    patience: Duration,
) {
    if !end.is_lost() {
        let closed = timeout(patience, async {
            // After a close frame of the client's this fails, and the WebSocket layer has queued its answer.
            drop(close.send(end));
            let mut agreed = false;
            while let Some(Ok(message)) = reader.next().await {
                agreed |= message.is_close();
            }
            if let Ok(Ok(writer)) = (&mut writing).await
                && !agreed
            {
                drain(reader, writer).await;
            }
        });
        if closed.await.is_err() {
            debug!("a client did not finish the close handshake");
        }
    }
    writing.abort();
}

/// Reads what the client still sends: a socket that closes with unread bytes is reset, and the client would lose the
/// close frame that explains it.
async fn drain(reader: Reader, writer: Writer) {
    let Ok(mut socket) = reader.reunite(writer) else {
        return;
    };
    let stream = socket.get_mut();
    if stream.shutdown().await.is_err() {
        return;
    }
    let mut sink = [0; 4096];
    while matches!(stream.read(&mut sink).await, Ok(1..)) {}
}
