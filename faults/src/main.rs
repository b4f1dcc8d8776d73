//! `cargo dev faults`: the fault report in a terminal.

mod cli;

use std::{
    fs,
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

use anyhow::{Context, Result};
use clap::Parser;
use faults::{
    check::{Violation, check},
    drive::{Options, Outcome, run},
    report,
};
use local::progress::{Event, Progress};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use cli::Cli;

/// What a shell says of a program that an interrupt has ended.
const INTERRUPTED: i32 = 130;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let violations = match &cli.check {
        Some(path) => recheck(path),
        None => faults(&cli).await.map(|outcome| outcome.violations),
    };
    match violations {
        Ok(violations) if violations.is_empty() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            // Not 1, which says that there are violations.
            ExitCode::from(2)
        }
    }
}

/// Checks a history that was written before.
fn recheck(path: &Path) -> Result<Vec<Violation>> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let events: Vec<_> = text
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()
        .with_context(|| format!("{} is no history", path.display()))?;
    let violations = check(&events);
    for violation in &violations {
        println!("{}: {}", violation.rule, violation.what);
    }
    eprintln!("{} events, {} violations", events.len(), violations.len());
    Ok(violations)
}

async fn faults(cli: &Cli) -> Result<Outcome> {
    let options = Options {
        progress: progress(),
        ..cli.options()?
    };
    let stop = stop_at_interrupt()?;
    let outcome = run(&options, &stop).await?;
    let markdown = report::markdown(&options, &outcome);
    if let Some(path) = &cli.report {
        fs::write(path, &markdown).with_context(|| format!("writing {}", path.display()))?;
        eprintln!("Report in {}", path.display());
    }
    let shown = if cli.json {
        format!("{:#}\n", report::document(&options, &outcome))
    } else {
        markdown
    };
    // A reader that has seen enough, such as `head`, is no failure.
    if let Err(error) = io::stdout().write_all(shown.as_bytes())
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        return Err(error).context("writing the report");
    }
    Ok(outcome)
}

/// The first interrupt ends the faults, and a report follows; the second ends everything.
fn stop_at_interrupt() -> Result<CancellationToken> {
    let stop = CancellationToken::new();
    let mut interrupt = signal(SignalKind::interrupt()).context("listening for signals")?;
    let mut terminate = signal(SignalKind::terminate()).context("listening for signals")?;
    let token = stop.clone();
    tokio::spawn(async move {
        for times in 0.. {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if times > 0 {
                std::process::exit(INTERRUPTED);
            }
            eprintln!("Ending the faults; a report follows. Once more to end without one.");
            token.cancel();
        }
    });
    Ok(stop)
}

fn progress() -> Progress {
    Progress::new(|event| match event {
        Event::Step(text) => eprintln!("{text}"),
        Event::Detail(line) => eprintln!("  {line}"),
    })
}
