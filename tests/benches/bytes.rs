//! What one message moves: bytes on every way that it takes, of an ordinary message to two other sockets.
//!
//! `cargo bench -p tests --bench bytes`. Everything is real; proxies count what passes, and a recorder what the functions get and give.
//! Only what TCP carries counts, not its own headers. Headers of HTTP and WebSocket do.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures_util::{FutureExt, future::BoxFuture};
use local::{
    gateway::{Gateway, GatewayOptions, Invoke},
    lambda::{InvokeError, Lambda, Outcome},
    server::Server,
};
use tests::{Conversation, Device, TestStack};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// Messages that are counted.
const COUNT: u64 = 100;
/// Bytes of a message's text.
const TEXT: usize = 100;
/// For the last pushes to arrive.
const MOMENT: Duration = Duration::from_millis(300);

#[tokio::main]
async fn main() {
    let stores = TestStack::with().no_schedules().start().await;
    let database_url = stores.stack().database_url().expect("it has one");
    let redis_url = stores.stack().redis_url().expect("it has one");
    let database = Way::to(server_in(database_url)).await;
    let redis = Way::to(server_in(redis_url)).await;
    // Its address is known before there is a gateway, and its proxies' before the functions start.
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    let sockets = Way::to(address).await;
    let posts = Way::to(address).await;
    let stack = TestStack::with()
        .no_schedules()
        .database_url(&database.before(database_url))
        .variable("PREPARED_STATEMENTS", "on")
        .redis_url(&redis.before(redis_url))
        .variable("WEBSOCKET_URL", &format!("ws://{}/prod", sockets.address))
        .variable(
            "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI",
            &format!("http://{}/prod", posts.address),
        )
        .start()
        .await;
    let recorder = Recorder {
        lambda: stack.stack().lambda().clone(),
        payloads: Passed::default(),
    };
    let payloads = recorder.payloads.clone();
    let _server = serve(listener, &stack, recorder);

    let Conversation { ada, shop, session } = stack.conversation().await;
    let mut phone = ada.device("phone").await;
    let mut others = [ada.device("laptop").await, shop.device("desk").await];
    talk(&mut phone, &mut others, &session, 5).await;
    let ways = [
        (
            "socket, the frame",
            "and its ack, and the pushes",
            &sockets.passed,
        ),
        ("function, the event", "and its answer", &payloads),
        ("PostgreSQL, asked", "and its answer", &database.passed),
        ("Redis, asked twice", "and its answers", &redis.passed),
        ("management API, posts", "and its answers", &posts.passed),
    ];
    for (_, _, passed) in ways {
        passed.reset();
    }
    talk(&mut phone, &mut others, &session, COUNT).await;
    println!(
        "bytes of a message of {TEXT} bytes to {} other sockets",
        others.len()
    );
    let mut total = 0;
    for (there, back, passed) in ways {
        let (up, down) = (passed.up() / COUNT, passed.down() / COUNT);
        total += up + down;
        println!("{there:<24} {up:>6}   {back:<28} {down:>6}");
    }
    println!("{:<24} {total:>6}", "in all");
    drop(stack);
}

async fn talk(phone: &mut Device, others: &mut [Device], session: &str, count: u64) {
    for _ in 0..count {
        let ack = phone.message(session, &"x".repeat(TEXT)).await;
        assert_eq!(ack["type"], "ack", "{ack}");
        for other in &mut *others {
            other.next_of("message").await;
        }
    }
    tokio::time::sleep(MOMENT).await;
}

fn server_in(url: &str) -> SocketAddr {
    let (_, rest) = url.split_once("://").expect("it is an address");
    let authority = rest
        .split('/')
        .next()
        .and_then(|part| part.rsplit('@').next());
    let server = authority.and_then(|server| server.parse().ok());
    server.expect("a stack's own server has a numeric address")
}

/// What has passed: to the server, and from it.
#[derive(Debug, Clone, Default)]
struct Passed(Arc<[AtomicU64; 2]>);

impl Passed {
    fn up(&self) -> u64 {
        self.0[0].load(Ordering::Relaxed)
    }

    fn down(&self) -> u64 {
        self.0[1].load(Ordering::Relaxed)
    }

    fn add(&self, direction: usize, bytes: usize) {
        self.0[direction].fetch_add(bytes as u64, Ordering::Relaxed);
    }

    fn reset(&self) {
        self.0
            .iter()
            .for_each(|count| count.store(0, Ordering::Relaxed));
    }
}

/// A proxy that counts.
struct Way {
    address: SocketAddr,
    server: SocketAddr,
    passed: Passed,
}

impl Way {
    async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let passed = Passed::default();
        let counted = passed.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let counted = counted.clone();
                tokio::spawn(async move {
                    let Ok(server) = TcpStream::connect(server).await else {
                        return;
                    };
                    let ((client_in, client_out), (server_in, server_out)) =
                        (client.into_split(), server.into_split());
                    tokio::join!(
                        pump(client_in, server_out, &counted, 0),
                        pump(server_in, client_out, &counted, 1)
                    );
                });
            }
        });
        Self {
            address,
            server,
            passed,
        }
    }

    /// The same address, with this before its server.
    fn before(&self, url: &str) -> String {
        url.replacen(&self.server.to_string(), &self.address.to_string(), 1)
    }
}

/// Ends when either side does.
async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    passed: &Passed,
    direction: usize,
) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(bytes @ 1..) = from.read(&mut buffer).await {
        passed.add(direction, bytes);
        if to.write_all(&buffer[..bytes]).await.is_err() {
            break;
        }
    }
    drop(to.shutdown().await);
}

/// Runs the functions of a stack and counts what they get and give.
struct Recorder {
    lambda: Lambda,
    payloads: Passed,
}

impl Invoke for Recorder {
    fn invoke<'a>(
        &'a self,
        function: &'a str,
        payload: Bytes,
    ) -> BoxFuture<'a, Result<Outcome, InvokeError>> {
        self.payloads.add(0, payload.len());
        async move {
            let outcome = self.lambda.invoke(function, payload).await?;
            self.payloads.add(1, outcome.payload.len());
            Ok(outcome)
        }
        .boxed()
    }
}

/// Another gateway before the same functions.
fn serve(listener: TcpListener, stack: &TestStack, recorder: Recorder) -> Server {
    let address = listener.local_addr().expect("it is bound");
    let options = GatewayOptions::new(address.to_string());
    let gateway = Gateway::new(stack.stack().template(), recorder, options);
    Server::start(listener, gateway.routes())
}
