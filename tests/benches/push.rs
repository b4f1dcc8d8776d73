//! What telling others costs: one frame to 1, 10 and 200 sockets, by the real SDK, through a real gateway.
//!
//! `cargo bench -p tests --bench push`. From the call to the answer of the last post, as a sender waits for it. The sockets are read,
//! and share the cores with the gateway.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use bytes::Bytes;
use chrono::Utc;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use futures_util::{FutureExt, SinkExt, StreamExt, future::BoxFuture};
use local::{
    gateway::{Gateway, GatewayOptions, Invoke},
    lambda::{InvokeError, Outcome},
    server::Server,
    template::{SocketRoute, Template, WebSocketApi},
};
use serde_json::{Value, json};
use shared::{
    cache::Cache,
    config::Config,
    connection::Target,
    message::{Altered, Message},
    push::Pusher,
    session::{Epoch, Role},
};
use tokio::{net::TcpListener, runtime::Runtime};
use tokio_tungstenite::{connect_async, tungstenite};
use uuid::Uuid;

/// Sockets that a frame goes to.
const SOCKETS: [usize; 3] = [1, 10, 200];

fn push(bench: &mut Criterion) {
    let runtime = Runtime::new().expect("threads can be started");
    let (_server, address) = runtime.block_on(serve());
    let config = config(address);
    let _inside = runtime.enter();
    let cache = Cache::new(&config).expect("it is an address");
    let pusher = Pusher::new(&config, cache).expect("it is an address");
    let altered = Altered::new(&message(), None, &Epoch::from_column("k3fQ"));
    let mut group = bench.benchmark_group("push");
    for count in SOCKETS {
        let targets: Vec<Target> = (0..count)
            .map(|_| runtime.block_on(open(address)))
            .collect();
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(BenchmarkId::new("sockets", count), |bench| {
            bench.iter_custom(|times| {
                runtime.block_on(async {
                    let mut took = Duration::ZERO;
                    for _ in 0..times {
                        let (targets, began) = (targets.clone(), Instant::now());
                        let report = pusher.to_others(targets, None, &altered.frame()).await;
                        took += began.elapsed();
                        assert_eq!(report.delivered, count);
                    }
                    took
                })
            });
        });
    }
    group.finish();
}

fn message() -> Message {
    Message {
        id: Uuid::now_v7(),
        session_id: format!("{}.a1b2c3d4.AAAAAAAAAAAAAAAAAAAAAA", Uuid::now_v7()),
        seq: 1,
        change: 1,
        rev: 1,
        user_id: Uuid::now_v7(),
        role: Role::Owner,
        content: "x".repeat(100),
        metadata: json!({}),
        created_at: Utc::now(),
        edited_at: None,
        deleted_at: None,
    }
}

/// Opens a socket, asks what the gateway calls it, and reads what comes until the end.
async fn open(address: SocketAddr) -> Target {
    let (mut socket, _) = connect_async(format!("ws://{address}/prod"))
        .await
        .expect("the gateway lets everybody in");
    let asked = socket
        .send(tungstenite::Message::text(r#"{"type":"who"}"#))
        .await;
    asked.expect("the gateway runs");
    let answer = socket.next().await.expect("the gateway runs");
    let connection_id = answer.expect("the gateway runs").to_string();
    tokio::spawn(async move { while socket.next().await.is_some() {} });
    Target::new(Uuid::now_v7(), connection_id)
}

async fn serve() -> (Server, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    let options = GatewayOptions::new(address.to_string());
    let gateway = Gateway::new(&template(), TellsItsId, options);
    (Server::start(listener, gateway.routes()), address)
}

fn template() -> Template {
    let mut api = WebSocketApi::new("Bench");
    let route = SocketRoute::new(Some("TellsItsId"), true);
    api.routes.insert("$default".to_owned(), route);
    Template {
        websocket_apis: vec![api],
        ..Template::default()
    }
}

/// Answers a message with the id of its connection.
struct TellsItsId;

impl Invoke for TellsItsId {
    fn invoke<'a>(
        &'a self,
        _: &'a str,
        event: Bytes,
    ) -> BoxFuture<'a, Result<Outcome, InvokeError>> {
        let event: Value = serde_json::from_slice(&event).unwrap_or_default();
        let answer = json!({"statusCode": 200, "body": event["requestContext"]["connectionId"]});
        let outcome = Outcome {
            request_id: Uuid::now_v7(),
            payload: answer.to_string().into(),
            failed: false,
            log_tail: String::new(),
        };
        async move { Ok(outcome) }.boxed()
    }
}

fn config(gateway: SocketAddr) -> Config {
    let config = Config::read(|name| {
        Some(match name {
            "DATABASE_URL" => "postgres://127.0.0.1/nowhere".to_owned(),
            // Nobody is gone, so nobody is asked.
            "REDIS_URL" => "redis://127.0.0.1".to_owned(),
            "SESSION_KEYS" | "TOKEN_KEYS" => "a-secret-of-more-than-32-characters".to_owned(),
            "WEBSOCKET_URL" => format!("ws://{gateway}/prod"),
            "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI" => format!("http://{gateway}/prod"),
            _ => return None,
        })
    });
    config.expect("nothing is missing")
}

criterion_group! {
    name = pushes;
    config = Criterion::default().measurement_time(Duration::from_secs(2)).warm_up_time(Duration::from_millis(500)).sample_size(10);
    targets = push
}
criterion_main!(pushes);
