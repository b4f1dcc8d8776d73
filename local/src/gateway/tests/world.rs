//! A gateway on a port of its own, whose functions are closures.

use std::{
    collections::HashMap,
    net::SocketAddr,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt, future::BoxFuture};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::AbortHandle,
    time::timeout,
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message, client::IntoClientRequest, protocol::CloseFrame},
};
use uuid::Uuid;

use crate::{
    gateway::{Gateway, GatewayOptions, Invoke, Limits},
    lambda::{InvokeError, Outcome},
    template::{Cors, HttpApi, HttpRoute, SocketAuthorizer, SocketRoute, Template, WebSocketApi},
};

/// Longer than anything here takes, shorter than the patience of whoever runs the tests.
pub(super) const SOON: Duration = Duration::from_secs(5);

/// What a closure does with an event.
pub(super) enum Reply {
    Result(Value),
    /// The bytes as they are, valid JSON or not.
    Raw(&'static str),
    Fail(&'static str),
    Refuse(InvokeError),
    After(Duration, Value),
}

pub(super) fn ok() -> Reply {
    Reply::Result(json!({"statusCode": 200}))
}

pub(super) fn body(text: impl Into<String>) -> Reply {
    Reply::Result(json!({"statusCode": 200, "body": text.into()}))
}

type Function = Box<dyn Fn(Value) -> Reply + Send + Sync>;

/// The functions by name, and everything that they received.
#[derive(Default)]
struct Functions {
    functions: HashMap<String, Function>,
    events: Mutex<Vec<(String, Value)>>,
    arrived: Notify,
    finished: Mutex<Vec<String>>,
}

#[derive(Clone)]
struct Handle(Arc<Functions>);

impl Invoke for Handle {
    fn invoke<'a>(
        &'a self,
        name: &'a str,
        payload: Bytes,
    ) -> BoxFuture<'a, Result<Outcome, InvokeError>> {
        let (functions, name) = (Arc::clone(&self.0), name.to_owned());
        // A task of its own, because a function runs on when its caller stops waiting.
        let running = tokio::spawn(async move {
            let event: Value = serde_json::from_slice(&payload).unwrap();
            functions
                .events
                .lock()
                .unwrap()
                .push((name.clone(), event.clone()));
            functions.arrived.notify_waiters();
            let reply = functions
                .functions
                .get(&name)
                .map(|function| function(event));
            let (payload, failed) = match reply.unwrap() {
                Reply::Result(value) => (value.to_string(), false),
                Reply::Raw(text) => (text.to_owned(), false),
                Reply::Fail(message) => (
                    json!({"errorType": "Error", "errorMessage": message}).to_string(),
                    true,
                ),
                Reply::Refuse(error) => return Err(error),
                Reply::After(wait, value) => {
                    tokio::time::sleep(wait).await;
                    (value.to_string(), false)
                }
            };
            functions.finished.lock().unwrap().push(name);
            Ok(Outcome {
                request_id: Uuid::nil(),
                payload: payload.into(),
                failed,
                log_tail: String::new(),
            })
        });
        Box::pin(async move { running.await.unwrap() })
    }
}

/// What a test wants of its gateway.
pub(super) struct Setup {
    functions: Functions,
    template: Template,
    options: GatewayOptions,
}

impl Setup {
    /// A WebSocket API at `/prod` without routes and an HTTP API at `/` without routes.
    pub(super) fn new() -> Self {
        let socket = WebSocketApi {
            name: "Chat".to_owned(),
            api_id: "abcd123456".to_owned(),
            stage: "prod".to_owned(),
            stage_variables: [].into(),
            route_selection: "$request.body.type".to_owned(),
            routes: [].into(),
            authorizer: None,
        };
        let http = HttpApi {
            name: "Rest".to_owned(),
            api_id: "efgh123456".to_owned(),
            stage: "$default".to_owned(),
            stage_variables: [].into(),
            cors: None,
            routes: Vec::new(),
        };
        let template = Template {
            websocket_apis: vec![socket],
            http_apis: vec![http],
            ..Template::default()
        };
        // The port is known only when it listens.
        Self {
            functions: Functions::default(),
            template,
            options: GatewayOptions::new(""),
        }
    }

    fn route(
        mut self,
        key: &str,
        two_way: bool,
        function: impl Fn(Value) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let integration_timeout = Duration::from_secs(29);
        let route = SocketRoute {
            function: Some(key.to_owned()),
            integration_timeout,
            two_way,
        };
        self.template.websocket_apis[0]
            .routes
            .insert(key.to_owned(), route);
        self.functions
            .functions
            .insert(key.to_owned(), Box::new(function));
        self
    }

    /// A route of the WebSocket API, whose function has the route's name.
    pub(super) fn one_way(
        self,
        key: &str,
        function: impl Fn(Value) -> Reply + Send + Sync + 'static,
    ) -> Self {
        self.route(key, false, function)
    }

    /// The same, with a route response.
    pub(super) fn two_way(
        self,
        key: &str,
        function: impl Fn(Value) -> Reply + Send + Sync + 'static,
    ) -> Self {
        self.route(key, true, function)
    }

    /// An authorizer that wants `?token=`, called `authorizer`.
    pub(super) fn authorizer(
        mut self,
        function: impl Fn(Value) -> Reply + Send + Sync + 'static,
    ) -> Self {
        self.template.websocket_apis[0].authorizer = Some(SocketAuthorizer {
            function: "authorizer".to_owned(),
            identity_sources: vec!["route.request.querystring.token".to_owned()],
        });
        self.functions
            .functions
            .insert("authorizer".to_owned(), Box::new(function));
        self
    }

    /// A route of the HTTP API, whose function has the route's name.
    pub(super) fn http(
        mut self,
        key: &str,
        function: impl Fn(Value) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let integration_timeout = Duration::from_secs(30);
        let route = HttpRoute {
            key: key.to_owned(),
            function: key.to_owned(),
            integration_timeout,
        };
        self.template.http_apis[0].routes.push(route);
        self.functions
            .functions
            .insert(key.to_owned(), Box::new(function));
        self
    }

    pub(super) fn http_stage(mut self, stage: &str) -> Self {
        self.template.http_apis[0].stage = stage.to_owned();
        self
    }

    pub(super) fn cors(mut self, cors: Cors) -> Self {
        self.template.http_apis[0].cors = Some(cors);
        self
    }

    pub(super) fn limits(mut self, change: impl FnOnce(&mut Limits)) -> Self {
        change(&mut self.options.limits);
        self
    }

    pub(super) fn static_dir(mut self, folder: &Path) -> Self {
        self.options.static_dir = Some(folder.to_owned());
        self
    }

    pub(super) async fn start(mut self) -> World {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        self.options.host = address.to_string();
        let functions = Arc::new(self.functions);
        let gateway = Gateway::new(&self.template, Handle(Arc::clone(&functions)), self.options);
        let service = gateway
            .routes()
            .into_make_service_with_connect_info::<SocketAddr>();
        let server = tokio::spawn(async move { axum::serve(listener, service).await.unwrap() })
            .abort_handle();
        World {
            gateway,
            address,
            functions,
            server,
        }
    }
}

/// A gateway that serves; it stops when dropped.
pub(super) struct World {
    pub(super) gateway: Gateway,
    pub(super) address: SocketAddr,
    functions: Arc<Functions>,
    server: AbortHandle,
}

impl Drop for World {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl World {
    /// Opens a socket.
    pub(super) async fn open(&self, target: &str) -> Client {
        self.try_open(target, &[]).await.unwrap()
    }

    pub(super) async fn try_open(
        &self,
        target: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Client, Error> {
        let mut request = format!("ws://{}{target}", self.address)
            .into_client_request()
            .unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let (socket, response) = timeout(SOON, connect_async(request)).await.unwrap()?;
        let protocol = response.headers().get("sec-websocket-protocol");
        let protocol = protocol.map(|protocol| protocol.to_str().unwrap().to_owned());
        Ok(Client { socket, protocol })
    }

    /// Asks for a socket without taking it; for refusals.
    pub(super) async fn handshake(&self, target: &str) -> Answer {
        let headers = "upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==";
        self.send(
            &format!("GET {target} HTTP/1.1\r\nconnection: upgrade, close\r\n{headers}\r\n"),
            b"",
        )
        .await
    }

    /// A request with a body and more header lines.
    pub(super) async fn request(&self, line: &str, headers: &[&str], body: &[u8]) -> Answer {
        let mut head = format!("{line} HTTP/1.1\r\nconnection: close\r\n");
        for header in headers {
            head += &format!("{header}\r\n");
        }
        if !body.is_empty() {
            head += &format!("content-length: {}\r\n", body.len());
        }
        self.send(&head, body).await
    }

    async fn send(&self, head: &str, body: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let head = format!("{head}host: {}\r\n\r\n", self.address);
        stream.write_all(head.as_bytes()).await.unwrap();
        // A server that refuses a body may close before it has read it.
        drop(stream.write_all(body).await);
        let mut answer = Vec::new();
        drop(
            timeout(SOON, stream.read_to_end(&mut answer))
                .await
                .unwrap(),
        );
        Answer::parse(&answer)
    }

    /// The `nth` event of a function, counted from 0, as soon as it is there.
    pub(super) async fn event(&self, function: &str, nth: usize) -> Value {
        let found = async {
            loop {
                let arrived = self.functions.arrived.notified();
                if let Some(event) = self.events(function).into_iter().nth(nth) {
                    return event;
                }
                arrived.await;
            }
        };
        timeout(SOON, found)
            .await
            .unwrap_or_else(|_| panic!("{function} got no event number {nth}"))
    }

    /// What a function received so far.
    pub(super) fn events(&self, function: &str) -> Vec<Value> {
        let events = self.functions.events.lock().unwrap();
        events
            .iter()
            .filter(|(name, _)| name == function)
            .map(|(_, event)| event.clone())
            .collect()
    }

    /// The functions that returned a result, in the order in which they did.
    pub(super) fn finished(&self) -> Vec<String> {
        self.functions.finished.lock().unwrap().clone()
    }

    /// The id of the connection that opened last.
    pub(super) fn connection_id(&self) -> String {
        let event = self.events("$connect").pop().unwrap();
        event["requestContext"]["connectionId"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}

/// A response, read to its end.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Answer {
    fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let mut lines = head.split("\r\n");
        let status = lines
            .next()
            .unwrap()
            .split(' ')
            .nth(1)
            .unwrap()
            .parse()
            .unwrap();
        let headers = lines.map(|line| line.split_once(": ").unwrap_or((line, "")));
        let headers = headers
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Self {
            status,
            headers,
            body: body.to_owned(),
        }
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.as_str())
    }

    pub(super) fn is(&self, status: u16, body: &str) -> bool {
        (self.status, self.body.as_str()) == (status, body)
    }
}

/// A client's end of a socket.
pub(super) struct Client {
    pub(super) socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// The subprotocol of the 101.
    pub(super) protocol: Option<String>,
}

impl Client {
    pub(super) async fn send(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    /// The next message, which is text.
    pub(super) async fn next(&mut self) -> String {
        match timeout(SOON, self.socket.next()).await.unwrap() {
            Some(Ok(Message::Text(text))) => text.to_string(),
            other => panic!("expected a text message, got {other:?}"),
        }
    }

    /// The close frame that comes next; nothing when the connection just ends.
    pub(super) async fn closed(&mut self) -> Option<CloseFrame> {
        loop {
            match timeout(SOON, self.socket.next()).await.unwrap() {
                Some(Ok(Message::Close(frame))) => return frame,
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }
}
