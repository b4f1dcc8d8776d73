//! Moves chat history that lives only in Redis, in lists of JSON messages, into PostgreSQL.
//!
//! It may stop at any moment and run again: every old message has a key of its own for ever. The old keys are only read.

mod cli;
mod entry;
mod identity;
mod import;
mod rejected;
mod source;
mod summary;
mod target;

use std::process::ExitCode;

use clap::Parser;

use self::{cli::Cli, import::import};

/// Something was left out; the file of rejected entries says what and why.
const SOME_REJECTED: u8 = 3;

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let summary = import(&Cli::parse()).await?;
    println!("{summary}");
    Ok(match summary.rejected {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::from(SOME_REJECTED),
    })
}
