//! A gateway on a port of its own, whose functions are closures.

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Error, client::IntoClientRequest},
};

use super::{
    client::{Answer, Client},
    functions::{Functions, Handle, Reply},
};
use crate::{
    dials::Dials,
    gateway::{Gateway, GatewayOptions, Limits, Unconfirmed},
    server::Server,
    template::{
        Cors, HttpApi, HttpAuthorizer, HttpRoute, RouteThrottles, SocketAuthorizer, SocketRoute,
        Template, WebSocketApi,
    },
};

/// Longer than anything here takes, shorter than the patience of whoever runs the tests.
pub(super) const SOON: Duration = Duration::from_secs(5);

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
            api_id: "abcd123456".to_owned(),
            ..WebSocketApi::new("Chat")
        };
        let http = HttpApi {
            name: "Rest".to_owned(),
            api_id: "efgh123456".to_owned(),
            stage: "$default".to_owned(),
            stage_variables: [].into(),
            cors: None,
            routes: Vec::new(),
            authorizers: [].into(),
            default_authorizer: None,
            throttles: RouteThrottles::default(),
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
        let route = SocketRoute::new(Some(key), two_way);
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
            authorizer: self.template.http_apis[0].default_authorizer.clone(),
        };
        self.template.http_apis[0].routes.push(route);
        self.functions
            .functions
            .insert(key.to_owned(), Box::new(function));
        self
    }

    /// An authorizer of the HTTP routes that are added later, called `http-authorizer`.
    pub(super) fn http_authorizer(
        mut self,
        change: impl FnOnce(&mut HttpAuthorizer),
        function: impl Fn(Value) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let name = "http-authorizer".to_owned();
        let mut authorizer = HttpAuthorizer {
            function: name.clone(),
            identity_sources: vec!["$request.header.Authorization".to_owned()],
            simple_responses: true,
            result_ttl: Duration::ZERO,
        };
        change(&mut authorizer);
        let api = &mut self.template.http_apis[0];
        api.authorizers.insert(name.clone(), authorizer);
        api.default_authorizer = Some(name.clone());
        self.functions.functions.insert(name, Box::new(function));
        self
    }

    /// Throttles of the stages of both APIs.
    pub(super) fn throttles(mut self, throttles: RouteThrottles) -> Self {
        self.template.websocket_apis[0].throttles = throttles.clone();
        self.template.http_apis[0].throttles = throttles;
        self
    }

    pub(super) fn unconfirmed(mut self, change: impl FnOnce(&mut Unconfirmed)) -> Self {
        change(&mut self.options.unconfirmed);
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

    pub(super) fn dials(mut self, dials: &Dials) -> Self {
        self.options.dials = dials.clone();
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
        World {
            _server: Server::start(listener, gateway.routes()),
            gateway,
            address,
            functions,
        }
    }
}

/// A gateway that serves; it stops when dropped.
pub(super) struct World {
    pub(super) gateway: Gateway,
    pub(super) address: SocketAddr,
    functions: Arc<Functions>,
    _server: Server,
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
