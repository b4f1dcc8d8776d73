//! A socket that chats: sends numbered messages, and tells the board what comes.

use std::{borrow::Cow, collections::HashSet, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::{net::TcpStream, sync::Mutex};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_with_config,
    tungstenite::{Error, Message, protocol::WebSocketConfig},
};

use crate::board::Board;

/// Bytes, room for any frame here. It is filled with zeros before every read, so with the 128 KiB of the library's own default what
/// measures would spend more on that than on the frame, and push what is measured out of the processor's cache.
const READ_BUFFER: usize = 4 * 1024;

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;
type Sink = Arc<Mutex<SplitSink<Stream, Message>>>;

/// An open socket.
#[derive(Debug)]
pub(crate) struct Device {
    sink: Sink,
    session_id: String,
    padding: String,
}

/// What a device needs to know when it opens.
#[derive(Debug)]
pub(crate) struct Seat {
    /// With its ticket.
    pub(crate) url: String,
    pub(crate) session_id: String,
    /// The session's number on the board.
    pub(crate) session: usize,
    /// Bytes of a message's text.
    pub(crate) bytes: usize,
    pub(crate) ping_period: Duration,
}

#[derive(Deserialize)]
struct Frame<'a> {
    #[serde(rename = "type", borrow, default)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    code: Option<Cow<'a, str>>,
    /// An object in a message and an ack, a text in an error.
    #[serde(borrow)]
    message: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Said<'a> {
    seq: i64,
    #[serde(borrow, default)]
    content: Cow<'a, str>,
}

impl Device {
    /// Opens the socket and listens until it ends.
    pub(crate) async fn open(seat: Seat, board: Arc<Board>) -> Result<Self> {
        let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER);
        let (stream, _) = connect_async_with_config(&seat.url, Some(config), true)
            .await
            .context("opening a socket")?;
        let (sink, stream) = stream.split();
        let sink = Arc::new(Mutex::new(sink));
        tokio::spawn(ping(sink.clone(), seat.ping_period));
        let ear = Ear {
            session: seat.session,
            highest: 0,
            seen: HashSet::new(),
            board,
        };
        tokio::spawn(ear.listen(stream));
        Ok(Self {
            sink,
            session_id: seat.session_id,
            padding: "x".repeat(seat.bytes),
        })
    }

    /// Sends the message of that number.
    pub(crate) async fn send(&self, number: u64) -> Result<(), Error> {
        let head = format!("{number} ");
        let rest = self.padding.get(head.len()..).unwrap_or_default();
        let Self { session_id, .. } = self;
        let frame = format!(
            r#"{{"type":"message","id":"load-{number}","session_id":"{session_id}","content":"{head}{rest}."}}"#
        );
        self.sink.lock().await.send(Message::text(frame)).await
    }
}

async fn ping(sink: Sink, period: Duration) {
    loop {
        tokio::time::sleep(period).await;
        let ping = Message::text(r#"{"type":"ping"}"#);
        if sink.lock().await.send(ping).await.is_err() {
            return;
        }
    }
}

/// The listening half.
struct Ear {
    session: usize,
    highest: i64,
    seen: HashSet<i64>,
    board: Arc<Board>,
}

impl Ear {
    async fn listen(mut self, mut stream: SplitStream<Stream>) {
        loop {
            match stream.next().await {
                Some(Ok(Message::Text(text))) => self.hear(&text),
                Some(Ok(Message::Close(_)) | Err(_)) | None => {
                    return self.board.failed(None, "socket closed");
                }
                Some(Ok(_)) => {}
            }
        }
    }

    fn hear(&mut self, text: &str) {
        let Ok(frame) = serde_json::from_str::<Frame<'_>>(text) else {
            return self.board.failed(None, "no JSON");
        };
        let said = || serde_json::from_str::<Said<'_>>(frame.message?.get()).ok();
        match &*frame.kind {
            "ack" => {
                if let (Some(number), Some(said)) = (number(frame.id.as_deref()), said()) {
                    self.note(said.seq);
                    self.board.acked(self.session, number, said.seq);
                }
            }
            "message" => {
                let Some(said) = said() else {
                    return self.board.failed(None, "no message");
                };
                let number = said
                    .content
                    .split(' ')
                    .next()
                    .and_then(|number| number.parse().ok());
                let crossed = said.seq < self.highest;
                match number {
                    Some(_) if !self.note(said.seq) => self.board.doubled(),
                    Some(number) => self
                        .board
                        .delivered(self.session, number, said.seq, crossed),
                    None => {}
                }
            }
            "error" => self.board.failed(
                number(frame.id.as_deref()),
                frame.code.as_deref().unwrap_or("error"),
            ),
            "" => self
                .board
                .failed(None, frame.message.map_or("no type", RawValue::get)),
            _ => {}
        }
    }

    /// Says whether a place is new to this device.
    fn note(&mut self, seq: i64) -> bool {
        self.highest = self.highest.max(seq);
        self.seen.insert(seq)
    }
}

fn number(id: Option<&str>) -> Option<u64> {
    id?.strip_prefix("load-")?.parse().ok()
}
