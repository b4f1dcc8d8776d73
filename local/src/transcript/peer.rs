//! One side of a conversation: what it says and hears.

use std::time::Duration;

use chrono::Utc;
use futures_util::{SinkExt, StreamExt};
use hyper::{body::Bytes, upgrade::Upgraded};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::time::timeout;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        self, Message,
        protocol::{
            CloseFrame, Role,
            frame::{
                Frame,
                coding::{Data, OpCode},
            },
        },
    },
};

use super::{
    exchange::{Answer, Call, ExchangeError, PATIENCE},
    pattern::{Names, said},
    script::Line,
    sign::{self, Signed},
    target::{Address, Target},
};

/// How long nothing has to come until nothing has come.
const SILENCE: Duration = Duration::from_millis(500);

/// The key of the handshake in RFC 6455, section 1.3; nothing here depends on its being random.
const SOCKET_HEADERS: [(&str, &str); 4] = [
    ("connection", "Upgrade"),
    ("upgrade", "websocket"),
    ("sec-websocket-version", "13"),
    ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
];

/// One side of a conversation.
#[derive(Debug, Default)]
pub(super) struct Peer {
    answer: Option<Answer>,
    socket: Option<WebSocketStream<TokioIo<Upgraded>>>,
    /// The latest text or body.
    latest: String,
}

/// Why a line cannot be said or heard.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error("a transcript has no `{0}`")]
    UnknownVerb(String),
    #[error("`{0}` is not what `{1}` takes")]
    Malformed(String, &'static str),
    #[error("there is no open socket")]
    NoSocket,
    #[error("nothing was asked")]
    NoAnswer,
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    #[error("the socket takes nothing: {0}")]
    Socket(Box<tungstenite::Error>),
}

impl Peer {
    /// Says a line.
    pub(super) async fn say(
        &mut self,
        line: &Line,
        target: &Target,
        names: &Names,
    ) -> Result<(), Trouble> {
        let rest = said(&line.rest, names);
        if line.verb == "open" || line.verb.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return self.ask(line, &rest, target).await;
        }
        if line.verb == "drop" {
            self.socket = None;
            return Ok(());
        }
        let message = message(&line.verb, &rest)?;
        let socket = self.socket.as_mut().ok_or(Trouble::NoSocket)?;
        let sent = socket.send(message).await;
        sent.map_err(|error| Trouble::Socket(Box::new(error)))
    }

    async fn ask(&mut self, line: &Line, rest: &str, target: &Target) -> Result<(), Trouble> {
        let (head, body) = rest.split_once(" || ").unwrap_or((rest, ""));
        let mut parts = head.split(" | ");
        let at = parts.next().unwrap_or_default();
        let headers = parts.map(|header| {
            let (name, value) = header.split_once(": ")?;
            Some((name.to_owned(), value.to_owned()))
        });
        let malformed = || Trouble::Malformed(head.to_owned(), "a header");
        let mut headers = headers.collect::<Option<Vec<_>>>().ok_or_else(malformed)?;
        let opens = line.verb == "open";
        if opens {
            headers.extend(SOCKET_HEADERS.map(|(name, value)| (name.to_owned(), value.to_owned())));
        }
        let address = match line.who.as_str() {
            "api" => &target.api,
            _ => &target.socket,
        };
        let method = if opens { "GET" } else { line.verb.as_str() };
        let mut path = path_of(address, at);
        if line.who == "connections" {
            // As SDKs write an id; AWS's signature is of the path as it is sent.
            path = path.replace('=', "%3D");
        }
        if let (Some(credentials), "connections") = (&target.credentials, line.who.as_str()) {
            let signed = Signed {
                method,
                host: &address.authority,
                path: &path,
                body: body.as_bytes(),
            };
            let signature = sign::headers(&signed, "execute-api", credentials, Utc::now());
            headers.extend(
                signature
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value)),
            );
        }
        let call = Call {
            address,
            method,
            path,
            headers,
            body: Bytes::from(body.to_owned()),
        };
        let (answer, upgraded) = call.send().await?;
        self.latest.clone_from(&answer.body);
        self.answer = Some(answer);
        self.socket = match upgraded {
            Some(upgraded) => {
                let stream = TokioIo::new(upgraded);
                Some(WebSocketStream::from_raw_socket(stream, Role::Client, None).await)
            }
            None => None,
        };
        Ok(())
    }

    /// What there is to hear, in the words of a line that expects it.
    pub(super) async fn hear(&mut self, line: &Line) -> Result<String, Trouble> {
        let verb = line.verb.as_str();
        match verb {
            "text" | "binary" | "pong" | "close" | "end" => self.next(PATIENCE).await,
            "nothing" => self.next(SILENCE).await,
            "field" | "no-field" => {
                let (path, _) = line.rest.split_once(' ').unwrap_or((&line.rest, ""));
                Ok(self.field(path))
            }
            "body" => Ok(format!("body {}", self.answer()?.body)),
            "header" | "no-header" => {
                let (name, _) = line.rest.split_once(": ").unwrap_or((&line.rest, ""));
                let value = self.answer()?.headers.get(name);
                let value = value.map(|value| String::from_utf8_lossy(value.as_bytes()));
                Ok(value.map_or_else(
                    || format!("no-header {name}"),
                    |value| format!("header {name}: {value}"),
                ))
            }
            status if status.parse::<u16>().is_ok() => {
                Ok(self.answer()?.status.as_u16().to_string())
            }
            _ => Err(Trouble::UnknownVerb(verb.to_owned())),
        }
    }

    fn answer(&self) -> Result<&Answer, Trouble> {
        self.answer.as_ref().ok_or(Trouble::NoAnswer)
    }

    async fn next(&mut self, patience: Duration) -> Result<String, Trouble> {
        let socket = self.socket.as_mut().ok_or(Trouble::NoSocket)?;
        let message = match timeout(patience, socket.next()).await {
            Err(_) => return Ok("nothing".to_owned()),
            Ok(None | Some(Err(_))) => return Ok("end".to_owned()),
            Ok(Some(Ok(message))) => message,
        };
        Ok(match message {
            Message::Text(text) => {
                self.latest = text.to_string();
                format!("text {text}")
            }
            Message::Close(None) => "close".to_owned(),
            Message::Close(Some(CloseFrame { code, reason })) => {
                format!("close {} {reason}", u16::from(code))
                    .trim_end()
                    .to_owned()
            }
            Message::Binary(bytes) => format!("binary {}", hex(&bytes)),
            Message::Pong(bytes) => format!("pong {}", String::from_utf8_lossy(&bytes)),
            Message::Ping(_) | Message::Frame(_) => "a frame that nobody expects".to_owned(),
        })
    }

    fn field(&self, path: &str) -> String {
        let document: Value = serde_json::from_str(&self.latest).unwrap_or_default();
        let found = path
            .split('.')
            .try_fold(&document, |value, name| value.get(name));
        match found {
            None => format!("no-field {path}"),
            Some(Value::String(text)) => format!("field {path} {text}"),
            Some(value) => format!("field {path} {value}"),
        }
    }
}

/// `?query` and `/path` are below the stage.
fn path_of(address: &Address, at: &str) -> String {
    match format!("{}{at}", address.path) {
        path if path.starts_with('/') => path,
        path => format!("/{path}"),
    }
}

fn message(verb: &str, rest: &str) -> Result<Message, Trouble> {
    let fragment = |opcode, last| {
        Ok(Message::Frame(Frame::message(
            rest.to_owned(),
            OpCode::Data(opcode),
            last,
        )))
    };
    match verb {
        "text" => Ok(Message::text(rest)),
        "first" => fragment(Data::Text, false),
        "next" => fragment(Data::Continue, false),
        "last" => fragment(Data::Continue, true),
        "binary" => Ok(Message::binary(bytes(rest, "binary")?)),
        "text-bytes" => Ok(Message::Frame(Frame::message(
            bytes(rest, "text-bytes")?,
            OpCode::Data(Data::Text),
            true,
        ))),
        "ping" => Ok(Message::Ping(rest.to_owned().into())),
        "close" if rest.is_empty() => Ok(Message::Close(None)),
        "close" => {
            let (code, reason) = rest.split_once(' ').unwrap_or((rest, ""));
            let code: u16 = code
                .parse()
                .map_err(|_| Trouble::Malformed(rest.to_owned(), "close"))?;
            Ok(Message::Close(Some(CloseFrame {
                code: code.into(),
                reason: reason.to_owned().into(),
            })))
        }
        _ => Err(Trouble::UnknownVerb(verb.to_owned())),
    }
}

fn bytes(digits: &str, verb: &'static str) -> Result<Vec<u8>, Trouble> {
    let pairs = (0..digits.len()).step_by(2).map(|at| {
        let pair = digits.get(at..at + 2)?;
        u8::from_str_radix(pair, 16).ok()
    });
    pairs
        .collect::<Option<_>>()
        .ok_or_else(|| Trouble::Malformed(digits.to_owned(), verb))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
