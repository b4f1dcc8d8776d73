//! What a socket costs: memory of 5,000 idle ones, and what 10,000 that came and went leave behind.
//!
//! `cargo bench -p local --bench sockets`. The gateway runs in a process of its own, so that the clients' memory does
//! not count.

use std::{
    env,
    error::Error,
    fs,
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use local::{
    gateway::{Gateway, GatewayOptions, Invoke},
    lambda::{InvokeError, Outcome},
    server,
    template::{SocketRoute, Template, WebSocketApi},
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::TcpListener;

/// Names the process that is the gateway.
const ROLE: &str = "SOCKETS_BENCH_GATEWAY";

const IDLE: usize = 5_000;
const SEQUENTIAL: usize = 10_000;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    raise_file_limit()?;
    if env::var_os(ROLE).is_some() {
        return gateway();
    }
    println!("{:<44} {:>9} {:>6}", "", "resident", "files");
    idle("", b"")?;
    idle("", &text())?;
    let offer = "sec-websocket-extensions: permessage-deflate\r\n";
    idle(offer, &compressed())?;
    sequential()
}

/// Opens and closes sockets one by one, and measures what is left of them.
fn sequential() -> Result<()> {
    let mut server = Server::start()?;
    let empty = server.measure("an empty gateway")?;
    let began = Instant::now();
    for _ in 0..SEQUENTIAL {
        let mut client = open(server.address, "")?;
        // An empty close frame with an empty mask, and the gateway's answer.
        client.write_all(&[0x88, 0x80, 0, 0, 0, 0])?;
        client.read_to_end(&mut Vec::new())?;
    }
    let rate = SEQUENTIAL as f64 / began.elapsed().as_secs_f64();
    let after = server.measure(&format!("  after {SEQUENTIAL} sockets, one by one"))?;
    println!("\n{rate:.0} sockets opened and closed per second, one by one");
    if after.files > empty.files {
        return Err(format!("{} files became {}", empty.files, after.files).into());
    }
    Ok(())
}

/// Opens sockets that all say the same once and then wait, and measures them. Each kind has a gateway of its own: an
/// allocator that has memory left from other sockets would hide theirs.
fn idle(headers: &str, message: &[u8]) -> Result<()> {
    let mut server = Server::start()?;
    let before = server.measured()?;
    let mut clients = Vec::with_capacity(IDLE);
    for _ in 0..IDLE {
        let mut client = open(server.address, headers)?;
        client.write_all(message)?;
        clients.push(client);
    }
    let what = match (headers.is_empty(), message.is_empty()) {
        (_, true) => "idle sockets",
        (true, false) => "idle sockets after a message",
        (false, false) => "idle sockets after a compressed message",
    };
    let during = server.measure(&format!("{IDLE} {what}"))?;
    let each = during.resident.saturating_sub(before.resident) / IDLE;
    println!("{:<44} {each:>7} B", "  each");
    drop(clients);
    server.measure("  after they closed")?;
    Ok(())
}

fn open(address: SocketAddr, headers: &str) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(address)?;
    let request = format!(
        "GET /prod HTTP/1.1\r\nhost: {address}\r\nconnection: upgrade\r\nupgrade: websocket\r\n{headers}\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(request.as_bytes())?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        head.extend(byte);
    }
    if head.starts_with(b"HTTP/1.1 101 ") {
        Ok(stream)
    } else {
        Err(String::from_utf8_lossy(&head).into())
    }
}

/// 100 bytes in a masked frame.
fn text() -> Vec<u8> {
    let mut frame = vec![0x81, 0x80 | 100, 0, 0, 0, 0];
    frame.extend([b'x'; 100]);
    frame
}

/// `Hello`, compressed: the example of RFC 7692.
fn compressed() -> Vec<u8> {
    let mut frame = vec![0xC1, 0x80 | 7, 0, 0, 0, 0];
    frame.extend([0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]);
    frame
}

/// The process of the gateway. It ends when its standard input does.
struct Server {
    process: Child,
    address: SocketAddr,
}

#[derive(Clone, Copy)]
struct Measured {
    /// In bytes.
    resident: usize,
    files: usize,
}

impl Server {
    fn start() -> Result<Self> {
        let mut process = Command::new(env::current_exe()?)
            .env(ROLE, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = process.stdout.take().ok_or("no standard output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let address = line.trim().parse()?;
        Ok(Self { process, address })
    }

    fn measure(&mut self, what: &str) -> Result<Measured> {
        let measured = self.measured()?;
        let kilobytes = measured.resident / 1024;
        println!("{what:<44} {kilobytes:>6} KB {:>6}", measured.files);
        Ok(measured)
    }

    /// After a moment, so that what has ended is over.
    fn measured(&mut self) -> Result<Measured> {
        thread::sleep(Duration::from_millis(500));
        let process = format!("/proc/{}", self.process.id());
        let status = fs::read_to_string(format!("{process}/status"))?;
        let resident = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"))
            .ok_or("no VmRSS")?;
        Ok(Measured {
            resident: resident.trim().parse::<usize>()? * 1024,
            files: fs::read_dir(format!("{process}/fd"))?.count(),
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        if let Err(error) = self.process.wait() {
            eprintln!("the gateway did not end: {error}");
        }
    }
}

#[tokio::main]
async fn gateway() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let gateway = Gateway::new(
        &template(),
        NoFunctions,
        GatewayOptions::new(address.to_string()),
    );
    println!("{address}");
    let _server = server::Server::start(listener, gateway.routes());
    tokio::task::spawn_blocking(|| io::stdin().read(&mut [0])).await??;
    Ok(())
}

/// A WebSocket API that takes every message and has nothing to do for it.
fn template() -> Template {
    let mut api = WebSocketApi::new("Bench");
    let route = SocketRoute::new(None, false);
    api.routes.insert("$default".to_owned(), route);
    Template {
        websocket_apis: vec![api],
        ..Template::default()
    }
}

struct NoFunctions;

impl Invoke for NoFunctions {
    fn invoke<'a>(
        &'a self,
        function: &'a str,
        _: Bytes,
    ) -> BoxFuture<'a, std::result::Result<Outcome, InvokeError>> {
        Box::pin(async move { Err(InvokeError::NotFound(function.to_owned())) })
    }
}

/// As far as it may be raised: two ends of every socket, and some more.
fn raise_file_limit() -> Result<()> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: limit.maximum,
            maximum: limit.maximum,
        },
    )?;
    Ok(())
}
