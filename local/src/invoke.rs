//! `cargo dev invoke`: a client of the Invoke API.

use std::{
    io::{self, Write},
    net::Ipv4Addr,
};

use anyhow::{Context, Result, ensure};
use http_body_util::{BodyExt, Full};
use hyper::{Request, body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::cli::Invoke;

/// Invokes a function, writes its result to standard output, and fails when the function does.
pub(crate) async fn invoke(options: &Invoke) -> Result<()> {
    let address = (Ipv4Addr::LOCALHOST, options.port);
    let stream = TcpStream::connect(address).await;
    let stream = stream.with_context(|| {
        format!(
            "no stack answers on port {}: start one with cargo dev",
            options.port
        )
    })?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // It ends with the sender, which is told of its errors.
    tokio::spawn(connection);
    let request = Request::post(format!(
        "/2015-03-31/functions/{}/invocations",
        options.function
    ))
    .header("host", format!("127.0.0.1:{}", options.port))
    .header("content-type", "application/json")
    .body(Full::new(Bytes::from(options.event.clone())))?;
    let response = sender.send_request(request).await?;
    let (status, failed) = (
        response.status(),
        response.headers().contains_key("x-amz-function-error"),
    );
    let result = response.into_body().collect().await?.to_bytes();
    let mut output = io::stdout();
    output.write_all(&result)?;
    output.write_all(b"\n")?;
    ensure!(status.is_success(), "the Invoke API answered {status}");
    ensure!(!failed, "{} failed", options.function);
    Ok(())
}
