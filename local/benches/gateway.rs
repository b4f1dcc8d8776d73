//! What the gateway itself adds to a message: a frame in, an event, a function that answers at once, a frame out.
//!
//! `cargo bench -p local --bench gateway`. The function is a closure, so there is no process and no Runtime API in it; the client and
//! the gateway share the cores.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use futures_util::{SinkExt, StreamExt, future::BoxFuture};
use local::{
    gateway::{Gateway, GatewayOptions, Invoke},
    lambda::{InvokeError, Outcome},
    server::Server,
    template::{SocketRoute, Template, WebSocketApi},
};
use tokio::{
    net::{TcpListener, TcpStream},
    runtime::Runtime,
};
use tokio_tungstenite::{WebSocketStream, client_async, tungstenite::Message};
use uuid::Uuid;

/// An ordinary message, and one as large as is allowed.
const TEXT_BYTES: [usize; 2] = [100, 16 * 1024];
/// Messages on their way at once.
const IN_FLIGHT: [usize; 2] = [1, 32];

type Socket = WebSocketStream<TcpStream>;

fn dispatch(bench: &mut Criterion) {
    let runtime = Runtime::new().expect("threads can be started");
    let (_server, address) = runtime.block_on(serve());
    let mut group = bench.benchmark_group("dispatch");
    for bytes in TEXT_BYTES {
        let frame = frame(bytes);
        let mut socket = runtime.block_on(open(address));
        group.bench_function(BenchmarkId::new("one message", bytes), |bench| {
            bench.iter_custom(|count| runtime.block_on(messages(&mut socket, &frame, count)));
        });
    }
    let frame = frame(TEXT_BYTES[0]);
    for in_flight in IN_FLIGHT {
        let mut sockets: Vec<Socket> = (0..in_flight)
            .map(|_| runtime.block_on(open(address)))
            .collect();
        group.bench_function(BenchmarkId::new("sockets at once", in_flight), |bench| {
            bench.iter_custom(|count| {
                let began = Instant::now();
                let each = count.div_ceil(in_flight as u64);
                runtime.block_on(async {
                    let talks = sockets
                        .iter_mut()
                        .map(|socket| messages(socket, &frame, each));
                    futures_util::future::join_all(talks).await;
                });
                began.elapsed()
            });
        });
    }
    group.finish();
}

/// Sends one message after the other, each when the one before is answered.
async fn messages(socket: &mut Socket, frame: &str, count: u64) -> Duration {
    let began = Instant::now();
    for _ in 0..count {
        let sent = socket.send(Message::text(frame)).await;
        sent.expect("the gateway runs");
        let answer = socket.next().await.expect("the gateway runs");
        assert!(answer.expect("the gateway runs").is_text());
    }
    began.elapsed()
}

fn frame(bytes: usize) -> String {
    let content = "x".repeat(bytes);
    format!(
        r#"{{"type":"message","id":"{}","content":"{content}"}}"#,
        Uuid::now_v7()
    )
}

async fn open(address: SocketAddr) -> Socket {
    let stream = TcpStream::connect(address).await.expect("the gateway runs");
    stream.set_nodelay(true).expect("it is open");
    let (socket, _) = client_async(format!("ws://{address}/prod"), stream)
        .await
        .expect("the gateway lets everybody in");
    socket
}

async fn serve() -> (Server, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    let options = GatewayOptions::new(address.to_string());
    let gateway = Gateway::new(&template(), Answers, options);
    (Server::start(listener, gateway.routes()), address)
}

/// A WebSocket API whose messages are answered.
fn template() -> Template {
    let mut api = WebSocketApi::new("Bench");
    let route = SocketRoute::new(Some("Answers"), true);
    api.routes.insert("$default".to_owned(), route);
    Template {
        websocket_apis: vec![api],
        ..Template::default()
    }
}

struct Answers;

impl Invoke for Answers {
    fn invoke<'a>(
        &'a self,
        _: &'a str,
        _: Bytes,
    ) -> BoxFuture<'a, std::result::Result<Outcome, InvokeError>> {
        let payload = Bytes::from_static(
            br#"{"statusCode":200,"body":"{\"type\":\"ack\",\"id\":\"01990000-0000-7000-8000-000000000000\",\"duplicate\":false}"}"#,
        );
        Box::pin(async move {
            Ok(Outcome {
                request_id: Uuid::now_v7(),
                payload,
                failed: false,
                log_tail: String::new(),
            })
        })
    }
}

criterion_group! {
    name = gateway;
    config = Criterion::default().measurement_time(Duration::from_secs(2)).warm_up_time(Duration::from_millis(500));
    targets = dispatch
}
criterion_main!(gateway);
