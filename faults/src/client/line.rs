//! An open socket, in a task of its own.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::{sync::mpsc, time::timeout};
use tokio_tungstenite::{connect_async, tungstenite::Message};

/// A cold start of the authorizer and of `$connect` on a busy machine.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// An open socket. Dropping it ends the connection without a word.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) number: u64,
    frames: mpsc::UnboundedSender<String>,
}

/// What a socket gives.
#[derive(Debug)]
pub(super) enum Heard {
    Frame(String),
    Ended(String),
}

impl Line {
    /// Opens one. What it gives goes to `hear`, after which nothing comes any more when it has ended.
    pub(super) async fn open(
        number: u64,
        url: &str,
        hear: impl Fn(Heard) + Send + 'static,
    ) -> Result<Self, String> {
        let opening = timeout(HANDSHAKE, connect_async(url)).await;
        let (mut stream, _) = opening
            .map_err(|_| "no answer to the handshake".to_owned())?
            .map_err(|error| error.to_string())?;
        let (frames, mut to_send) = mpsc::unbounded_channel::<String>();
        tokio::spawn(async move {
            let end = loop {
                tokio::select! {
                    text = to_send.recv() => {
                        let Some(text) = text else { break "left".to_owned() };
                        if let Err(error) = stream.send(Message::text(text)).await {
                            break error.to_string();
                        }
                    }
                    message = stream.next() => match message {
                        Some(Ok(Message::Text(text))) => hear(Heard::Frame(text.to_string())),
                        Some(Ok(Message::Close(close))) => break format!("{close:?}"),
                        Some(Ok(_)) => {}
                        Some(Err(error)) => break error.to_string(),
                        None => break "no more frames".to_owned(),
                    }
                }
            };
            hear(Heard::Ended(end));
        });
        Ok(Self { number, frames })
    }

    /// Sends a frame. One that the socket does not take any more is lost, as it is on any line.
    pub(super) fn send(&self, frame: &serde_json::Value) {
        drop(self.frames.send(frame.to_string()));
    }
}
