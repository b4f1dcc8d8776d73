//! One HTTP request over a connection of its own, which may become a socket.

use std::{io, sync::Arc, time::Duration};

use http_body_util::{BodyExt, Full};
use hyper::{
    Request, StatusCode,
    body::Bytes,
    client::conn::http1,
    upgrade::{self, Upgraded},
};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, RootCertStore, pki_types::ServerName},
};

use super::target::Address;

/// Longer than API Gateway lets anything take.
pub(super) const PATIENCE: Duration = Duration::from_secs(40);

/// What is asked.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) address: &'a Address,
    pub(super) method: &'a str,
    /// With the query.
    pub(super) path: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Bytes,
}

/// What is answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: hyper::HeaderMap,
    pub(super) body: String,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum ExchangeError {
    #[error("no connection to {0}: {1}")]
    Connect(String, #[source] io::Error),
    #[error("the request cannot be written: {0}")]
    Request(#[from] hyper::http::Error),
    #[error("no answer: {0}")]
    Http(#[from] hyper::Error),
    #[error("no answer within {} seconds", PATIENCE.as_secs())]
    TooSlow,
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

impl Call<'_> {
    /// Asks; the second part of the answer is the socket of a 101.
    pub(super) async fn send(self) -> Result<(Answer, Option<Upgraded>), ExchangeError> {
        let exchange = timeout(PATIENCE, self.exchange());
        exchange.await.map_err(|_| ExchangeError::TooSlow)?
    }

    async fn exchange(self) -> Result<(Answer, Option<Upgraded>), ExchangeError> {
        let stream = connect(self.address)
            .await
            .map_err(|error| ExchangeError::Connect(self.address.authority.clone(), error))?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // It ends with the sender or the socket, which are told of its errors.
        tokio::spawn(connection.with_upgrades());
        let mut request = Request::builder()
            .method(self.method)
            .uri(self.path)
            .header("host", &self.address.authority);
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        let mut response = sender
            .send_request(request.body(Full::new(self.body))?)
            .await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let upgraded = match status {
            StatusCode::SWITCHING_PROTOCOLS => Some(upgrade::on(&mut response).await?),
            _ => None,
        };
        let body = match upgraded {
            Some(_) => Bytes::new(),
            None => response.into_body().collect().await?.to_bytes(),
        };
        let body = String::from_utf8_lossy(&body).into_owned();
        let answer = Answer {
            status,
            headers,
            body,
        };
        Ok((answer, upgraded))
    }
}

async fn connect(address: &Address) -> io::Result<Box<dyn Stream>> {
    let stream = TcpStream::connect((address.host.as_str(), address.port)).await?;
    stream.set_nodelay(true)?;
    if !address.tls {
        return Ok(Box::new(stream));
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let config = ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(address.host.clone())
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    let stream = TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await?;
    Ok(Box::new(stream))
}
