//! `cargo dev load`: what a stack does under load, measured and checked.

mod board;
mod cli;
mod device;
mod drive;
mod figures;
mod floor;
mod processes;
mod report;
mod stack;
mod window;
mod world;

use std::{
    env, io,
    os::unix::process::CommandExt,
    process::{Command, ExitCode},
};

use anyhow::Result;
use clap::Parser;
use tokio::runtime::{Builder, Runtime};

use crate::{
    cli::Options,
    floor::Floor,
    processes::ProcessTree,
    report::Report,
    stack::{Address, OwnedStack},
    window::Window,
    world::World,
};

fn main() -> ExitCode {
    let options = Options::parse();
    if cfg!(debug_assertions) && options.url.is_none() && !options.own.debug {
        return optimised();
    }
    local::batch::enter();
    let result = executor(&options)
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(run(&options)));
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// One thread for what measures: handing work from thread to thread takes processor time from what is measured. The stack has what
/// `cargo dev` has.
fn executor(options: &Options) -> io::Result<Runtime> {
    match options.own.only_stack {
        true => local::executor(),
        false => Builder::new_current_thread().enable_all().build(),
    }
}

/// Runs this program again, built with optimisation: a gateway without it is not what anybody wants to measure.
fn optimised() -> ExitCode {
    eprintln!("building with optimisation, which takes minutes once; --debug does without");
    let error = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["run", "--release", "--bin", "load", "--"])
        .args(env::args_os().skip(1))
        .exec();
    eprintln!("error: running cargo: {error}");
    ExitCode::FAILURE
}

/// Says whether everything that was acked came to every device, once and in order.
async fn run(options: &Options) -> Result<bool> {
    if options.own.only_stack {
        stack::serve(options).await?;
        return Ok(true);
    }
    let own = options.url.is_none().then(OwnedStack::start).transpose()?;
    let address = match (&own, &options.url) {
        (Some(own), _) => own.address.clone(),
        (None, url) => Address {
            url: url.clone().unwrap_or_default(),
            database_url: None,
            redis_url: None,
        },
    };
    eprintln!(
        "{} users with {} devices in {} sessions",
        options.users,
        options.devices,
        options.session_count()
    );
    let world = World::open(options, &address.url).await?;
    let processes = own.as_ref().map(|own| ProcessTree::of(own.pid()));
    let mut floor = match options.floor {
        true => Some(Floor::open(options, &address).await?),
        false => None,
    };
    let report = measure(options, &world, processes.as_ref(), floor.as_mut()).await?;
    if options.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        println!("{report}");
    }
    Ok(report.is_sound())
}

async fn measure(
    options: &Options,
    world: &World,
    processes: Option<&ProcessTree>,
    mut floor: Option<&mut Floor>,
) -> Result<Report> {
    let idle_bytes = processes.map(ProcessTree::memory_by_name);
    if options.warm_up > 0 {
        eprintln!("warming up for {} s", options.warm_up);
        Window::measure(options, world, None, options.warm_up).await?;
    }
    let mut windows = Vec::new();
    for number in 1..=options.windows {
        let window = Window::measure(options, world, processes, options.seconds).await?;
        eprintln!("window {number} of {}: {}", options.windows, window.line());
        windows.push(window);
        if let Some(floor) = floor.as_deref_mut() {
            eprintln!(
                "floor {number} of {}: {}",
                options.windows,
                floor.measure(options.seconds).await?
            );
        }
    }
    Ok(Report::new(
        options,
        windows,
        floor.map(|floor| floor.median()),
        idle_bytes,
    ))
}
