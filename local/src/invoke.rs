//! `cargo dev invoke`: a client of the Invoke API.

use anyhow::{Result, ensure};
use hyper::Method;

use crate::{
    cli::Invoke,
    client::{call, show},
};

/// Invokes a function, writes its result to standard output, and fails when the function does.
pub(crate) async fn invoke(options: &Invoke) -> Result<()> {
    let function = &options.function;
    let path = format!("/2015-03-31/functions/{function}/invocations");
    let answer = call(options.port, Method::POST, &path, options.event.clone()).await?;
    show(&answer.body)?;
    let status = answer.status;
    ensure!(status.is_success(), "the Invoke API answered {status}");
    let failed = answer.headers.contains_key("x-amz-function-error");
    ensure!(!failed, "{function} failed");
    Ok(())
}
