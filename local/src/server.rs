//! Serves a router on a port until it is stopped.

use std::{
    io::{self, ErrorKind},
    net::SocketAddr,
    time::Duration,
};

use axum::{Router, extract::ConnectInfo};
use hyper::{
    Request,
    body::Incoming,
    server::conn::http1,
    service::{Service, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
    time::sleep,
};
use tracing::{debug, warn};

/// After an error such as "too many open files", for connections to end.
const BACK_OFF: Duration = Duration::from_millis(100);

/// A router that is served, as a [`Gateway`](crate::gateway::Gateway)'s wants it: it is told who its clients are, they may upgrade, and
/// `TCP_NODELAY` is set. Dropping it closes its port and its connections.
#[derive(Debug)]
pub struct Server {
    accepting: JoinHandle<()>,
}

impl Server {
    /// Serves a router on a listener. Must be called within a Tokio runtime.
    pub fn start(listener: TcpListener, router: Router) -> Self {
        Self {
            accepting: tokio::spawn(accept(listener, router)),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, router: Router) {
    // Aborts the connections when it is dropped.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    connections.spawn(serve(stream, peer, router.clone()));
                }
                Err(error) => back_off(&error).await,
            },
            Some(ended) = connections.join_next() => {
                if let Err(error) = ended {
                    warn!(%error, "a connection ended badly");
                }
            }
        }
    }
}

/// An error of one connection that ended before it was accepted says nothing of the next one.
async fn back_off(error: &io::Error) {
    let of_one_connection = [
        ErrorKind::ConnectionAborted,
        ErrorKind::ConnectionReset,
        ErrorKind::Interrupted,
    ];
    if !of_one_connection.contains(&error.kind()) {
        warn!(%error, "cannot accept connections for now");
        sleep(BACK_OFF).await;
    }
}

async fn serve(stream: TcpStream, peer: SocketAddr, router: Router) {
    if let Err(error) = stream.set_nodelay(true) {
        debug!(%error, %peer, "a connection waits to fill its packets");
    }
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        router.call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    if let Err(error) = connection.await {
        debug!(%error, %peer, "a client left in the middle of a request");
    }
}
