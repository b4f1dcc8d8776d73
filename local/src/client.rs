//! What the subcommands say to a stack that runs.

use std::{
    io::{self, Write},
    net::Ipv4Addr,
};

use anyhow::{Context, Result};
use http_body_util::{BodyExt, Full};
use hyper::{HeaderMap, Method, Request, StatusCode, body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::cli::Port;

/// What a stack answered.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Asks the stack on a port.
pub(crate) async fn call(port: Port, method: Method, path: &str, body: String) -> Result<Answer> {
    let port = port.port;
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await;
    let stream = stream
        .with_context(|| format!("no stack answers on port {port}: start one with cargo dev"))?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // It ends with the sender, which is told of its errors.
    tokio::spawn(connection);
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", format!("127.0.0.1:{port}"))
        .header("content-type", "application/json")
        .body(Full::new(Bytes::from(body)))?;
    let response = sender.send_request(request).await?;
    let (head, body) = response.into_parts();
    Ok(Answer {
        status: head.status,
        headers: head.headers,
        body: body.collect().await?.to_bytes(),
    })
}

/// Writes an answer to standard output. A reader that has seen enough, such as `head`, is no failure.
pub(crate) fn show(body: &[u8]) -> io::Result<()> {
    let mut output = io::stdout();
    let written = output
        .write_all(body.trim_ascii_end())
        .and_then(|()| output.write_all(b"\n"));
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}
