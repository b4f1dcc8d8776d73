//! A socket as a client has it: frames in, frames out, and what came in between.

use std::{collections::VecDeque, time::Duration};

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message, http::StatusCode},
};
use uuid::Uuid;

use crate::watch;

/// How long an expected frame may take: a cold start on a busy machine is the slowest.
const PATIENCE: Duration = Duration::from_secs(10);

/// An open socket. Frames that a method passes over wait for the next one.
#[derive(Debug)]
pub struct Socket {
    url: String,
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    passed_over: VecDeque<Value>,
}

/// A handshake that ended without a socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Such as 401.
    pub status: StatusCode,
    /// As text.
    pub body: String,
}

/// How a socket ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// Such as 1001; 1006 when the connection just ended.
    pub code: u16,
    /// May be empty.
    pub reason: String,
}

impl Socket {
    /// Opens a socket; panics when it is refused.
    pub async fn connect(url: &str) -> Self {
        match Self::try_connect(url).await {
            Ok(socket) => socket,
            Err(refused) => panic!("the socket was refused: {refused:?}"),
        }
    }

    /// Opens a socket, or gives the answer that refused it.
    pub async fn try_connect(url: &str) -> Result<Self, Refused> {
        if let Some((_, ticket)) = url.split_once("ticket=") {
            watch::note_text(url, ticket);
        }
        match connect_async(url).await {
            Ok((stream, _)) => Ok(Self {
                url: url.to_owned(),
                stream,
                passed_over: VecDeque::new(),
            }),
            Err(Error::Http(response)) => {
                let body = response
                    .body()
                    .as_deref()
                    .map(String::from_utf8_lossy)
                    .unwrap_or_default()
                    .into_owned();
                Err(Refused {
                    status: response.status(),
                    body,
                })
            }
            Err(error) => panic!("the handshake broke off: {error}"),
        }
    }

    /// Sends a frame.
    pub async fn send(&mut self, frame: &Value) {
        watch::note(&self.url, frame);
        self.send_text(&frame.to_string()).await;
    }

    /// Sends text that may be no frame.
    pub async fn send_text(&mut self, text: &str) {
        self.stream
            .send(Message::text(text))
            .await
            .expect("the socket is open");
    }

    /// The next frame; panics when none comes.
    pub async fn next(&mut self) -> Value {
        match self.passed_over.pop_front() {
            Some(frame) => frame,
            None => self.receive("a frame", &[]).await,
        }
    }

    /// The next frame of a type; others wait.
    pub async fn next_of(&mut self, kind: &str) -> Value {
        self.first(&format!("a frame of type {kind}"), |frame| {
            frame["type"] == kind
        })
        .await
    }

    /// Sends a frame and gives its answer, the frame with the same `id`. One without an `id` gets one. Pushes that come
    /// before the answer wait.
    pub async fn request(&mut self, mut frame: Value) -> Value {
        if frame["id"].is_null() {
            frame["id"] = Uuid::now_v7().to_string().into();
        }
        self.send(&frame).await;
        let id = &frame["id"];
        self.first(&format!("an answer to {frame}"), |answer| {
            answer["id"] == *id
        })
        .await
    }

    /// Sends a message and gives its ack.
    pub async fn message(&mut self, session_id: &str, content: &str) -> Value {
        let frame =
            serde_json::json!({"type": "message", "session_id": session_id, "content": content});
        self.request(frame).await
    }

    /// Edits a message and gives the answer.
    pub async fn edit(&mut self, message: &Value, rev: i64, content: &str) -> Value {
        let frame = serde_json::json!({
            "type": "edit", "session_id": message["session_id"], "message_id": message["id"], "rev": rev, "content": content,
        });
        self.request(frame).await
    }

    /// Deletes a message and gives the answer.
    pub async fn delete(&mut self, message: &Value, rev: i64) -> Value {
        let frame = serde_json::json!({
            "type": "delete", "session_id": message["session_id"], "message_id": message["id"], "rev": rev,
        });
        self.request(frame).await
    }

    /// The frames that wait, without waiting for more.
    pub fn pushes(&mut self) -> Vec<Value> {
        self.passed_over.drain(..).collect()
    }

    /// Asserts that nothing comes for a while.
    pub async fn silence(&mut self, during: Duration) {
        assert!(
            self.passed_over.is_empty(),
            "frames wait already: {:#?}",
            self.passed_over
        );
        if let Ok(frame) = timeout(during, self.stream.next()).await {
            panic!("silence was broken by {frame:?}");
        }
    }

    /// Waits until the other side closes.
    pub async fn closed(&mut self) -> Closed {
        let abnormal = Closed {
            code: 1006,
            reason: String::new(),
        };
        let wait = async {
            loop {
                match self.stream.next().await {
                    Some(Ok(Message::Close(Some(close)))) => {
                        return Closed {
                            code: close.code.into(),
                            reason: close.reason.to_string(),
                        };
                    }
                    Some(Ok(Message::Close(None))) => {
                        return Closed {
                            code: 1005,
                            reason: String::new(),
                        };
                    }
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return abnormal,
                }
            }
        };
        timeout(PATIENCE, wait)
            .await
            .expect("the other side closes the socket")
    }

    /// Closes it in good order.
    pub async fn close(mut self) {
        self.stream.close(None).await.expect("the socket is open");
        self.closed().await;
    }

    /// Vanishes, as a phone in a tunnel does: no close frame, the connection just ends.
    pub fn vanish(self) {
        drop(self);
    }

    async fn first(&mut self, wanted: &str, is_wanted: impl Fn(&Value) -> bool) -> Value {
        if let Some(place) = self.passed_over.iter().position(&is_wanted) {
            return self.passed_over.remove(place).unwrap_or_default();
        }
        let mut others = Vec::new();
        loop {
            let frame = self.receive(wanted, &others).await;
            if is_wanted(&frame) {
                self.passed_over.extend(others);
                return frame;
            }
            others.push(frame);
        }
    }

    async fn receive(&mut self, wanted: &str, others: &[Value]) -> Value {
        let wait = async {
            loop {
                match self.stream.next().await {
                    Some(Ok(Message::Text(text))) => return Ok(text),
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    other => return Err(other),
                }
            }
        };
        match timeout(PATIENCE, wait).await {
            Ok(Ok(text)) => {
                let frame =
                    serde_json::from_str(&text).unwrap_or_else(|_| panic!("not JSON: {text}"));
                watch::note(&self.url, &frame);
                frame
            }
            Ok(Err(end)) => {
                panic!("instead of {wanted} the socket gave {end:?}, after {others:#?}")
            }
            Err(_) => panic!("{wanted} did not come within {PATIENCE:?}; what came: {others:#?}"),
        }
    }
}
