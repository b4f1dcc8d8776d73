//! A stack of our own, in a process of its own, so that what it costs can be told from what measuring costs.

use std::{
    collections::BTreeMap,
    env,
    io::{self, BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use local::{
    lambda::LambdaOptions,
    progress::{Event, Progress},
    services::Lifetime,
    stack::{Stack, StackOptions},
    template::{Site, Template},
};
use serde::{Deserialize, Serialize};

use crate::cli::{Options, OwnStack};

/// More than any load here: what is measured is the work, not the refusal.
const GENEROUS: &str = "1000000000";

/// Where a stack is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Address {
    pub(crate) url: String,
    pub(crate) database_url: Option<String>,
    pub(crate) redis_url: Option<String>,
}

/// A stack that ends with this.
#[derive(Debug)]
pub(crate) struct OwnedStack {
    pub(crate) address: Address,
    child: Child,
    /// The stack ends when this closes.
    stdin: Option<ChildStdin>,
}

impl OwnedStack {
    /// Starts this program again, as a stack, and waits until it is ready.
    pub(crate) fn start() -> Result<Self> {
        let program = env::current_exe().context("finding this program")?;
        let mut child = Command::new(program)
            .args(env::args_os().skip(1))
            .arg("--only-stack")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("starting the stack")?;
        let stdout = child.stdout.take().context("reading from the stack")?;
        let stdin = child.stdin.take();
        let mut line = String::new();
        BufReader::new(stdout)
            .read_line(&mut line)
            .context("reading from the stack")?;
        ensure!(!line.is_empty(), "the stack did not start");
        let address = serde_json::from_str(&line).context("reading the address of the stack")?;
        Ok(Self {
            address,
            child,
            stdin,
        })
    }

    /// The process that everything of the stack descends from.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for OwnedStack {
    fn drop(&mut self) {
        drop(self.stdin.take());
        if let Err(error) = self.child.wait() {
            eprintln!("the stack did not end in good order: {error}");
        }
    }
}

/// Is the stack, until standard input closes.
pub(crate) async fn serve(options: &Options) -> Result<()> {
    let stack = Stack::start(stack_options(options)?).await?;
    let address = Address {
        url: stack.url(),
        database_url: stack.database_url().map(str::to_owned),
        redis_url: stack.redis_url().map(str::to_owned),
    };
    let mut stdout = io::stdout();
    writeln!(stdout, "{}", serde_json::to_string(&address)?)?;
    stdout.flush()?;
    // It says nothing: an end or an error is all that can come.
    let closed = tokio::task::spawn_blocking(|| io::stdin().lock().read_to_end(&mut Vec::new()));
    drop(closed.await);
    stack.stop().await
}

fn stack_options(options: &Options) -> Result<StackOptions> {
    let own = &options.own;
    let state = state_dir(&own.template);
    Ok(StackOptions {
        lifetime: Lifetime::Measured,
        proxies: false,
        release: !own.debug,
        schedules: false,
        parameters: own.parameter_overrides.iter().cloned().collect(),
        shell: variables(own)?,
        lambda: LambdaOptions {
            concurrency: own.instance_concurrency,
            max_environments: own.instances,
            idle_timeout: Duration::from_secs(3_600),
            ..LambdaOptions::default()
        },
        progress: Progress::new(|event| match event {
            Event::Step(text) | Event::Detail(text) => eprintln!("{text}"),
        }),
        ..StackOptions::new(&own.template, state)
    })
}

fn state_dir(template: &Path) -> PathBuf {
    template.parent().unwrap_or(Path::new("")).join(".local")
}

fn variables(own: &OwnStack) -> Result<BTreeMap<String, String>> {
    let generous = template(&own.template)?.limits().into_iter();
    Ok(generous
        .map(|name| (name, GENEROUS.to_owned()))
        .chain(own.variables.iter().cloned())
        .collect())
}

/// What a template says before anything is started.
fn template(path: &Path) -> Result<Template> {
    let site = Site {
        address: String::new(),
        state: state_dir(path),
        stack_name: String::new(),
    };
    Ok(Template::load(path, &BTreeMap::new(), &site)?)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_number_of_our_template_is_a_limit_and_is_lifted() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../template.yaml");
        let template = template(&path).unwrap();
        let limits = template.limits();
        let functions = template.functions.into_values();
        let numbers: BTreeSet<_> = functions
            .flat_map(|function| function.environment)
            .filter(|(_, value)| value.parse::<u64>().is_ok())
            .map(|(name, _)| name)
            .collect();
        for name in [
            "RATE_LIMIT_TICKETS",
            "QUOTA_MESSAGES",
            "SESSIONS_PER_USER",
            "MEMBERS_PER_SESSION",
            "CONNECTIONS_PER_USER",
        ] {
            assert!(limits.contains(name), "{name}: {limits:?}");
        }
        assert_eq!(limits, numbers);
    }
}
