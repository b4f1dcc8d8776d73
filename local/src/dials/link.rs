//! The way to a server: a small TCP proxy, which can be slow or cut.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use futures_util::future::try_join;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{mpsc, watch},
    task::{JoinHandle, JoinSet},
    time::{Instant, sleep, sleep_until},
};

use super::NoServer;

/// What is passed on at once. A statement or a command is less, nearly always.
const PIECE_BYTES: usize = 16 * 1024;

/// What a slow way holds of one connection before it takes no more.
const PIECES_ON_THEIR_WAY: usize = 64;

/// After an error of accepting, such as "too many open files".
const BACK_OFF: Duration = Duration::from_millis(50);

/// The way to a server.
#[derive(Debug, Default)]
pub struct Link {
    state: watch::Sender<LinkState>,
    /// Whether a proxy stands in it.
    is_open: AtomicBool,
}

/// How a way to a server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LinkState {
    /// As if it were not there.
    #[default]
    Open,
    /// Every piece that a client sends arrives this much later.
    Slow(Duration),
    /// Connections end, and new ones end at once.
    Cut,
}

/// The proxy that stands in a way. Dropping it ends its connections.
#[derive(Debug)]
pub(crate) struct Proxy {
    /// Where clients reach the server through it.
    pub(crate) address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Link {
    /// Ends every connection, and new ones at once.
    pub fn cut(&self) -> Result<(), NoServer> {
        self.set(LinkState::Cut)
    }

    /// From now on every piece that a client sends, at most 16 KiB, arrives that much later.
    pub fn slow(&self, delay: Duration) -> Result<(), NoServer> {
        self.set(LinkState::Slow(delay))
    }

    /// As if nothing had been.
    pub fn restore(&self) -> Result<(), NoServer> {
        self.set(LinkState::Open)
    }

    /// How it is; `None` when no server of the stack's own is behind it.
    pub fn state(&self) -> Option<LinkState> {
        self.is_open
            .load(Ordering::SeqCst)
            .then(|| *self.state.borrow())
    }

    pub(super) fn reset(&self) {
        self.state.send_replace(LinkState::Open);
    }

    pub(super) fn set(&self, state: LinkState) -> Result<(), NoServer> {
        if !self.is_open.load(Ordering::SeqCst) {
            return Err(NoServer);
        }
        self.state.send_replace(state);
        Ok(())
    }

    /// Stands in the way to a server.
    pub(crate) async fn open(&self, server: SocketAddr) -> io::Result<Proxy> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        self.is_open.store(true, Ordering::SeqCst);
        let accepting = tokio::spawn(accept(listener, server, self.state.subscribe()));
        Ok(Proxy { address, accepting })
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, state: watch::Receiver<LinkState>) {
    // Ends the connections when it is dropped.
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((client, _)) => {
                connections.spawn(serve(client, server, state.clone()));
            }
            Err(error) => {
                tracing::warn!("a proxy cannot accept a connection: {error}");
                sleep(BACK_OFF).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(client: TcpStream, server: SocketAddr, state: watch::Receiver<LinkState>) {
    let mut cut = state.clone();
    let ended = tokio::select! {
        biased;
        // A stack that ends has no proxies either.
        _ = cut.wait_for(|state| *state == LinkState::Cut) => return,
        ended = connect(client, server, state) => ended,
    };
    if let Err(error) = ended {
        tracing::debug!("a connection to {server} ended: {error}");
    }
}

async fn connect(
    client: TcpStream,
    server: SocketAddr,
    state: watch::Receiver<LinkState>,
) -> io::Result<()> {
    let server = TcpStream::connect(server).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    try_join(
        pass(from_client, to_server, Some(state)),
        pass(from_server, to_client, None),
    )
    .await?;
    Ok(())
}

/// Passes everything on, as late as the state says, and at last the end.
async fn pass(
    from: OwnedReadHalf,
    to: OwnedWriteHalf,
    state: Option<watch::Receiver<LinkState>>,
) -> io::Result<()> {
    let (take, give) = mpsc::channel(PIECES_ON_THEIR_WAY);
    try_join(read(from, take), write(to, give, state)).await?;
    Ok(())
}

/// A piece and the moment at which it came. Each is late by itself: two that come at once also arrive at once.
type Piece = (Instant, Vec<u8>);

async fn read(mut from: OwnedReadHalf, take: mpsc::Sender<Piece>) -> io::Result<()> {
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let length = from.read(&mut piece).await?;
        let came = (Instant::now(), piece[..length].to_vec());
        if take.send(came).await.is_err() || length == 0 {
            return Ok(());
        }
    }
}

async fn write(
    mut to: OwnedWriteHalf,
    mut give: mpsc::Receiver<Piece>,
    mut state: Option<watch::Receiver<LinkState>>,
) -> io::Result<()> {
    while let Some((came, piece)) = give.recv().await {
        if let Some(state) = &mut state {
            delay(state, came).await;
        }
        if piece.is_empty() {
            return to.shutdown().await;
        }
        to.write_all(&piece).await?;
    }
    Ok(())
}

/// Waits as long as the way is slow, from when the piece came; no longer when it is restored meanwhile.
async fn delay(state: &mut watch::Receiver<LinkState>, came: Instant) {
    loop {
        let LinkState::Slow(delay) = *state.borrow_and_update() else {
            return;
        };
        tokio::select! {
            () = sleep_until(came + delay) => return,
            changed = state.changed() => if changed.is_err() { return },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that gives back what it gets.
    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                tokio::spawn(async move {
                    let (mut from, mut to) = stream.split();
                    tokio::io::copy(&mut from, &mut to).await
                });
            }
        });
        address
    }

    async fn say(stream: &mut TcpStream, text: &str) -> Option<String> {
        stream.write_all(text.as_bytes()).await.ok()?;
        let mut answer = vec![0; text.len()];
        stream.read_exact(&mut answer).await.ok()?;
        String::from_utf8(answer).ok()
    }

    #[tokio::test]
    async fn a_way_is_cut_and_restored() {
        let link = Link::default();
        let proxy = link.open(echo().await).await.unwrap();
        let mut old = TcpStream::connect(proxy.address).await.unwrap();
        assert_eq!(say(&mut old, "one").await.as_deref(), Some("one"));
        link.cut().unwrap();
        assert_eq!(say(&mut old, "two").await, None);
        let mut new = TcpStream::connect(proxy.address).await.unwrap();
        assert_eq!(say(&mut new, "three").await, None);
        link.restore().unwrap();
        let mut new = TcpStream::connect(proxy.address).await.unwrap();
        assert_eq!(say(&mut new, "four").await.as_deref(), Some("four"));
    }

    #[tokio::test]
    async fn a_slow_way_takes_its_time_until_it_is_restored() {
        let link = Link::default();
        let proxy = link.open(echo().await).await.unwrap();
        let mut stream = TcpStream::connect(proxy.address).await.unwrap();
        link.slow(Duration::from_millis(60)).unwrap();
        let began = Instant::now();
        assert_eq!(say(&mut stream, "one").await.as_deref(), Some("one"));
        assert!(began.elapsed() >= Duration::from_millis(60));
        link.slow(Duration::from_secs(3600)).unwrap();
        let (answer, ()) = tokio::join!(say(&mut stream, "two"), async {
            sleep(Duration::from_millis(20)).await;
            link.restore().unwrap();
        });
        assert_eq!(answer.as_deref(), Some("two"));
    }

    #[tokio::test]
    async fn what_is_sent_at_once_is_late_by_the_same() {
        let delay = Duration::from_millis(500);
        let link = Link::default();
        let proxy = link.open(echo().await).await.unwrap();
        let mut stream = TcpStream::connect(proxy.address).await.unwrap();
        link.slow(delay).unwrap();
        let began = Instant::now();
        for piece in ["one", "two", "six"] {
            stream.write_all(piece.as_bytes()).await.unwrap();
            // The next is a piece of its own.
            sleep(Duration::from_millis(10)).await;
        }
        let mut answers = [0; 9];
        stream.read_exact(&mut answers).await.unwrap();
        assert_eq!(&answers, b"onetwosix");
        assert!(began.elapsed() < delay * 2, "{:?}", began.elapsed());
    }

    #[tokio::test]
    async fn without_a_server_nothing_can_be_cut() {
        let link = Link::default();
        assert_eq!(link.cut(), Err(NoServer));
        assert_eq!(link.state(), None);
    }

    #[tokio::test]
    async fn a_proxy_ends_with_its_owner() {
        let link = Link::default();
        let proxy = link.open(echo().await).await.unwrap();
        let mut stream = TcpStream::connect(proxy.address).await.unwrap();
        assert_eq!(say(&mut stream, "one").await.as_deref(), Some("one"));
        drop(proxy);
        assert_eq!(say(&mut stream, "two").await, None);
    }
}
