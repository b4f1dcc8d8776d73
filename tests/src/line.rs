//! The line between a browser and a stack: a TCP proxy that a test can cut, or silence.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::{JoinHandle, JoinSet},
    time::sleep,
};

/// What is passed on at once.
const PIECE_BYTES: usize = 16 * 1024;

/// After an error of accepting, such as "too many open files".
const BACK_OFF: Duration = Duration::from_millis(50);

/// How a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// Everything stays open, and nothing passes.
    Silent,
    /// Connections end, and new ones end at once.
    Cut,
}

/// A line to a stack. It is open at first.
#[derive(Debug)]
pub struct Line {
    address: SocketAddr,
    state: watch::Sender<State>,
    target: watch::Sender<Option<String>>,
    accepting: JoinHandle<()>,
}

impl Line {
    /// A line on a free port, which leads nowhere until [`Line::lead_to`].
    pub async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let state = watch::Sender::new(State::Open);
        let target = watch::Sender::new(None);
        let accepting = tokio::spawn(accept(listener, state.clone(), target.clone()));
        Self {
            address,
            state,
            target,
            accepting,
        }
    }

    /// Where it leads from now on, such as `127.0.0.1:3000`.
    pub fn lead_to(&self, target: &str) {
        self.target.send_replace(Some(target.to_owned()));
    }

    /// Host and port of this end.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends every connection, and new ones at once: no network.
    pub fn cut(&self) {
        self.state.send_replace(State::Cut);
    }

    /// Lets everything stand, and nothing pass: a network that died without a word.
    pub fn silence(&self) {
        self.state.send_replace(State::Silent);
    }

    /// As if nothing had been; what was sent meanwhile arrives.
    pub fn restore(&self) {
        self.state.send_replace(State::Open);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(
    listener: TcpListener,
    state: watch::Sender<State>,
    target: watch::Sender<Option<String>>,
) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((near, _)) = listener.accept().await else {
            sleep(BACK_OFF).await;
            continue;
        };
        while connections.try_join_next().is_some() {}
        let target = target.borrow().clone();
        connections.spawn(connect(near, target, state.subscribe()));
    }
}

/// Passes both directions on until one ends or the line is cut. Either way both ends are closed.
async fn connect(near: TcpStream, target: Option<String>, mut state: watch::Receiver<State>) {
    if *state.borrow() == State::Cut {
        return;
    }
    let Some(target) = target else { return };
    let Ok(far) = TcpStream::connect(target).await else {
        return;
    };
    let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
    let (there, back) = (
        pass(near_in, far_out, state.clone()),
        pass(far_in, near_out, state.clone()),
    );
    tokio::select! {
        _ended = there => {}
        _ended = back => {}
        _cut = state.wait_for(|state| *state == State::Cut) => {}
    }
}

async fn pass(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut state: watch::Receiver<State>,
) -> io::Result<()> {
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let read = from.read(&mut piece).await?;
        if read == 0 {
            return Ok(());
        }
        let silent = |state: &State| *state != State::Silent;
        if state.wait_for(silent).await.is_err() {
            return Ok(());
        }
        to.write_all(&piece[..read]).await?;
    }
}
