//! `cargo dev`: the local stack in a terminal.

mod cli;
mod client;
mod descriptors;
mod dial;
mod invoke;
mod program;
mod stderr;
mod transcripts;

use std::{
    env, fs,
    io::{self, Write},
    path::Path,
    process::{self, ExitCode},
    thread,
};

use anyhow::{Context, Result};
use clap::{CommandFactory, FromArgMatches};
use futures_util::future::OptionFuture;
use local::{
    batch, executor,
    lambda::{self, LambdaOptions},
    progress::{Event, Progress},
    screen::{Addresses, LogFormat, Style, overview},
    services::{RedisKind, migrate},
    stack::{Stack, StackOptions},
};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::broadcast::{Receiver, error::RecvError},
};
use tracing_subscriber::EnvFilter;

use crate::cli::{Cli, Command, Migrate, Run};

/// What a shell says of a program that an interrupt has ended.
const INTERRUPTED: i32 = 130;

fn main() -> ExitCode {
    let cli = command_line();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| stderr::Stderr)
        .without_time()
        .init();
    let result = executor()
        .context("starting threads")
        .and_then(|executor| executor.block_on(obey(cli)));
    let (last, code) = match result {
        Ok(()) => (String::new(), ExitCode::SUCCESS),
        Err(error) => (report(&error), ExitCode::FAILURE),
    };
    stderr::finish(&last);
    code
}

async fn obey(cli: Cli) -> Result<()> {
    match cli.command {
        None => run(cli.run).await,
        Some(Command::Migrate(options)) => apply_migrations(options).await,
        Some(Command::Invoke(options)) => invoke::invoke(&options).await,
        Some(Command::Transcripts(options)) => transcripts::transcripts(&options).await,
        Some(Command::RunSchedule(options)) => dial::run_schedule(options).await,
        Some(Command::Schedules(port)) => dial::schedules(port).await,
        Some(Command::Dial(options)) => dial::dial(options).await,
        Some(Command::Program(words)) => program::run(&words),
    }
}

/// Whoever asks for help is told of the workspace's programs, too.
fn command_line() -> Cli {
    let mut command = Cli::command();
    if env::args_os()
        .skip(1)
        .any(|word| word == "--help" || word == "-h" || word == "help")
    {
        command = command.after_help(program::help());
    }
    Cli::from_arg_matches(&command.get_matches()).unwrap_or_else(|error| error.exit())
}

fn report(error: &anyhow::Error) -> String {
    let style = Style::of(&io::stderr());
    let mut report = format!("{} {error}\n", style.red("error:"));
    for cause in error.chain().skip(1) {
        report.push_str(&format!("  {} {cause}\n", style.dim("caused by:")));
    }
    report
}

async fn run(options: Run) -> Result<()> {
    batch::enter();
    descriptors::raise();
    let mut interrupts = Interrupts::new()?;
    let page = static_dir(&options);
    let options = stack_options(options, page.clone());
    let stack = tokio::select! {
        stack = Stack::start(options) => stack?,
        () = interrupts.next() => return Ok(()),
    };
    let style = Style::of(&io::stdout());
    let addresses = Addresses {
        host: stack.address(),
        page: page.is_some(),
        database_url: stack.database_url(),
        redis_url: stack.redis_url(),
    };
    let head = overview(stack.template(), addresses, style)
        + &style.dim("\n  Ctrl-C stops everything.\n\n");
    let lines = stack.logs().subscribe();
    let format = LogFormat::new(stack.template(), style);
    // A terminal that stands still, as after Ctrl-S, must not keep the gateway waiting.
    thread::spawn(move || {
        print(&head);
        show_logs(lines, &format);
    });
    interrupts.next().await;
    stderr::print("Stopping\n");
    tokio::select! {
        stopped = stack.stop() => stopped,
        () = interrupts.next() => {
            lambda::kill_all();
            // The servers end with this process, as far as `setpriv` or the terminal sees to it.
            process::exit(INTERRUPTED)
        }
    }
}

fn stack_options(run: Run, static_dir: Option<std::path::PathBuf>) -> StackOptions {
    StackOptions {
        port: run.port,
        install: run.install,
        static_dir,
        database_url: run.database_url,
        redis_url: run.redis_url,
        pooler: run.pooler,
        redis: match run.redis_cluster {
            true => RedisKind::Cluster,
            false => RedisKind::Single,
        },
        parameters: run.parameter_overrides.into_iter().collect(),
        shell: env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect(),
        schedules: !run.no_schedules,
        release: run.release,
        strict: run.strict,
        watch: !run.no_watch,
        lambda: LambdaOptions {
            freeze: run.freeze,
            concurrency: run.concurrency,
            ..LambdaOptions::default()
        },
        progress: progress(),
        ..StackOptions::new(run.template, run.state_dir)
    }
}

fn static_dir(options: &Run) -> Option<std::path::PathBuf> {
    let usual = options
        .template
        .parent()
        .unwrap_or(Path::new(""))
        .join("local/web");
    options
        .static_dir
        .clone()
        .or_else(|| usual.is_dir().then_some(usual))
}

/// On standard error, so that standard output is the screen and the logs alone.
fn progress() -> Progress {
    let style = Style::of(&io::stderr());
    Progress::new(move |event| match event {
        Event::Step(text) => stderr::print(&format!("{text}\n")),
        Event::Detail(line) => stderr::print(&format!("  {}\n", style.dim(line))),
    })
}

fn show_logs(mut lines: Receiver<local::logs::LogLine>, format: &LogFormat) {
    loop {
        match lines.blocking_recv() {
            Ok(line) => {
                if let Some(shown) = format.line(&line) {
                    print(&format!("{shown}\n"));
                }
            }
            Err(RecvError::Lagged(lost)) => {
                print(&format!("… {lost} lines were too quick to be shown\n"))
            }
            Err(RecvError::Closed) => return,
        }
    }
}

/// A reader that is gone, as after `cargo dev | head`, is no reason to stop.
fn print(text: &str) {
    if let Err(error) = io::stdout().write_all(text.as_bytes()) {
        tracing::debug!(%error, "nobody reads standard output");
    }
}

async fn apply_migrations(options: Migrate) -> Result<()> {
    let applied = migrate(&options.database_url, &options.migrations).await?;
    stderr::print(&format!(
        "{applied} migrations applied from {}\n",
        options.migrations.display()
    ));
    Ok(())
}

/// Ctrl-C, `SIGTERM`, and the end of the terminal.
struct Interrupts {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    /// Unless it is ignored, as after `nohup`: to listen would undo that.
    hangup: Option<tokio::signal::unix::Signal>,
}

impl Interrupts {
    fn new() -> Result<Self> {
        let listen = |kind| signal(kind).context("listening for signals");
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hangup: match ignores_hangup() {
                true => None,
                false => Some(listen(SignalKind::hangup())?),
            },
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            Some(_) = OptionFuture::from(self.hangup.as_mut().map(|hangup| hangup.recv())) => {}
        }
    }
}

/// Whether whoever started this program wants it to outlive its terminal.
fn ignores_hangup() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|signals| u64::from_str_radix(signals.trim(), 16).ok());
    // The lowest bit is signal 1, `SIGHUP`.
    ignored.is_some_and(|signals| signals & 1 == 1)
}
