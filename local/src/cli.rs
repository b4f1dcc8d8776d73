//! The command line.

use std::{ffi::OsString, path::PathBuf};

use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use local::{dials::Span, services::Install, template::name_and_value};

/// Runs a SAM template on this machine: functions, WebSocket and HTTP APIs, schedules, PostgreSQL and Redis.
#[derive(Debug, Parser)]
#[command(
    name = "local",
    bin_name = "cargo dev",
    version,
    args_conflicts_with_subcommands = true
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) run: Run,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// What to do instead of running the stack.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Applies the migrations that a database has not seen; safe when several do it at once.
    Migrate(Migrate),
    /// Invokes a function of the stack that runs.
    Invoke(Invoke),
    /// Plays conversations of clients with the gateway, against a stack of their own or against an account.
    Transcripts(Transcripts),
    /// Runs a schedule of the stack that runs, now.
    RunSchedule(RunSchedule),
    /// Shows the schedules of the stack that runs, with their next runs.
    Schedules(Port),
    /// Moves the time of the stack that runs, or lets something go wrong.
    Dial(Dial),
    /// A program of the workspace, with its arguments.
    #[command(external_subcommand)]
    Program(Vec<OsString>),
}

#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Port {
    /// Port of the stack.
    #[arg(long, default_value_t = 3000, global = true)]
    pub(crate) port: u16,
}

#[derive(Debug, Args)]
pub(crate) struct RunSchedule {
    /// Its name: the logical id of the function, then that of the event.
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) port: Port,
}

#[derive(Debug, Args)]
pub(crate) struct Dial {
    #[command(subcommand)]
    pub(crate) what: DialCommand,
    #[command(flatten)]
    pub(crate) port: Port,
}

/// A dial, and how to set it. Each answers with all dials.
#[derive(Debug, Subcommand)]
pub(crate) enum DialCommand {
    /// Shows all dials.
    Show,
    /// Takes faults back: all, or those of one dial. The clock stays where it is.
    Reset {
        /// Which; all unless given.
        dial: Option<FaultDial>,
    },
    /// Moves the clock on: timers, schedules and retries happen as if the time had passed.
    Advance {
        /// Such as 2h, 1h30m or 250ms.
        span: Span,
    },
    /// Loses the next `$disconnect` events.
    Disconnects {
        /// How many.
        #[arg(long, value_name = "COUNT")]
        drop: u32,
    },
    /// Ends every open socket, as a restart of the gateway does.
    Sockets {
        /// Without a close frame, and with what is still to be answered.
        #[arg(long, required = true)]
        cut: bool,
    },
    /// Refuses, delays, reorders, loses or doubles the next posts to `@connections`.
    Posts(Posts),
    /// Kills the process that gets the next event of a function.
    Kill(Kill),
    /// Cuts, slows or restores the way to PostgreSQL.
    Postgres(Link),
    /// Cuts, slows or restores the way to Redis.
    Redis(Link),
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum FaultDial {
    Disconnects,
    Posts,
    Kills,
    Postgres,
    Redis,
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("fault").required(true).args(["status", "delay", "reorder", "lose", "duplicate"])))]
pub(crate) struct Posts {
    /// Refuses them with 410, 429 or 500.
    #[arg(long)]
    pub(crate) status: Option<u16>,
    /// Makes them this much later.
    #[arg(long, value_name = "SPAN")]
    pub(crate) delay: Option<Span>,
    /// Makes so many of them in the opposite order.
    #[arg(long, value_name = "COUNT")]
    pub(crate) reorder: Option<u32>,
    /// Answers so many of them and makes none.
    #[arg(long, value_name = "COUNT")]
    pub(crate) lose: Option<u32>,
    /// Makes so many of them twice.
    #[arg(long, value_name = "COUNT")]
    pub(crate) duplicate: Option<u32>,
    /// How many posts [default: 1].
    #[arg(long, value_name = "COUNT", conflicts_with_all = ["reorder", "lose", "duplicate"])]
    pub(crate) next: Option<u32>,
    /// Only posts to this connection.
    #[arg(long, value_name = "ID")]
    pub(crate) connection: Option<String>,
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("time").required(true).args(["when", "after"])))]
pub(crate) struct Kill {
    /// Its name in the template.
    pub(crate) function: String,
    /// At which point of its work.
    #[arg(long, value_enum)]
    pub(crate) when: Option<KillPoint>,
    /// How long after it got its event.
    #[arg(long, value_name = "SPAN")]
    pub(crate) after: Option<Span>,
    /// How many events [default: 1].
    #[arg(long, value_name = "COUNT")]
    pub(crate) next: Option<u32>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum KillPoint {
    /// Its effects have happened; its caller gets an error.
    BeforeAnswer,
    /// Its caller has the result.
    AfterAnswer,
    /// At its first post to `@connections`, which is not made.
    AtPost,
}

#[derive(Debug, Args)]
pub(crate) struct Link {
    #[command(subcommand)]
    pub(crate) state: LinkCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LinkCommand {
    /// Connections end, and new ones end at once.
    Cut,
    /// Everything that a function sends arrives later.
    Slow {
        /// How much later, such as 50ms.
        delay: Span,
    },
    /// As if nothing had been.
    Restore,
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// Port of everything, on 127.0.0.1.
    #[arg(long, default_value_t = 3000)]
    pub(crate) port: u16,
    /// The SAM template.
    #[arg(long, default_value = "template.yaml", value_name = "FILE")]
    pub(crate) template: PathBuf,
    /// Folder of everything that the stack writes; may be deleted while nothing runs.
    #[arg(long, default_value = ".local", value_name = "FOLDER")]
    pub(crate) state_dir: PathBuf,
    /// Builds the functions with optimisation.
    #[arg(long)]
    pub(crate) release: bool,
    /// Values for the template's parameters, as `sam deploy` takes them.
    #[arg(long, num_args = 1.., value_name = "NAME=VALUE", value_parser = name_and_value)]
    pub(crate) parameter_overrides: Vec<(String, String)>,
    /// No schedule runs by itself.
    #[arg(long)]
    pub(crate) no_schedules: bool,
    /// Counts requests, new sockets and busy functions as AWS does, and refuses too many.
    #[arg(long)]
    pub(crate) strict: bool,
    /// A function whose code changes runs on as it is.
    #[arg(long)]
    pub(crate) no_watch: bool,
    /// Stops the process of a function while it has no event, as Lambda does.
    #[arg(long)]
    pub(crate) freeze: bool,
    /// How many events a process may have at once where its function does not say; more than 1 is Lambda's managed instances.
    #[arg(long, default_value_t = 1, value_name = "COUNT")]
    pub(crate) concurrency: usize,
    /// Folder of a page to serve where no route is [default: local/web, if there is one].
    #[arg(long, value_name = "FOLDER")]
    pub(crate) static_dir: Option<PathBuf>,
    /// A PostgreSQL that runs elsewhere, instead of a private one.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub(crate) database_url: Option<String>,
    /// A Redis that runs elsewhere, instead of a private one.
    #[arg(long, env = "REDIS_URL", hide_env_values = true, value_name = "URL")]
    pub(crate) redis_url: Option<String>,
    /// Starts a Redis Cluster of three masters instead of one Redis.
    #[arg(long, conflicts_with = "redis_url")]
    pub(crate) redis_cluster: bool,
    /// Puts a pooler in transaction mode, PgBouncer, before PostgreSQL.
    #[arg(long, conflicts_with = "database_url")]
    pub(crate) pooler: bool,
    /// How a missing PostgreSQL or Redis is installed.
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    pub(crate) install: Install,
}

#[derive(Debug, Args)]
pub(crate) struct Migrate {
    /// The database.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub(crate) database_url: String,
    /// Folder of files named `V<number>__<name>.sql`.
    #[arg(long, default_value = "infra/migrations", value_name = "FOLDER")]
    pub(crate) migrations: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Invoke {
    /// Its name in the template.
    pub(crate) function: String,
    /// The event, as JSON.
    #[arg(long, default_value = "{}", value_name = "JSON")]
    pub(crate) event: String,
    #[command(flatten)]
    pub(crate) port: Port,
}

#[derive(Debug, Args)]
pub(crate) struct Transcripts {
    /// Address of a deployed WebSocket API, such as `wss://id.execute-api.region.amazonaws.com/transcript`.
    #[arg(long, requires = "api", value_name = "URL")]
    pub(crate) target: Option<String>,
    /// Address of the HTTP API that was deployed with it.
    #[arg(long, requires = "target", value_name = "URL")]
    pub(crate) api: Option<String>,
    /// Folder of the transcripts, and of the template that they talk to.
    #[arg(long, default_value = "local/transcripts", value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
    /// Of the target.
    #[arg(long, env = "AWS_REGION", default_value = "us-east-1")]
    pub(crate) region: String,
    /// Signs the calls to `@connections` of the target.
    #[arg(
        long,
        env = "AWS_ACCESS_KEY_ID",
        hide_env_values = true,
        value_name = "ID"
    )]
    pub(crate) access_key_id: Option<String>,
    /// Its secret.
    #[arg(
        long,
        env = "AWS_SECRET_ACCESS_KEY",
        hide_env_values = true,
        value_name = "KEY"
    )]
    pub(crate) secret_access_key: Option<String>,
    /// Of credentials that expire.
    #[arg(
        long,
        env = "AWS_SESSION_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN"
    )]
    pub(crate) session_token: Option<String>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_contradicts_itself_nowhere() {
        Cli::command().debug_assert();
    }

    #[test]
    fn parameters_are_names_with_values() {
        let arguments = [
            "local",
            "--parameter-overrides",
            "Stage=dev",
            "Origin=https://a.example?b=c",
            "--release",
        ];
        let cli = Cli::try_parse_from(arguments).unwrap();
        let expected = [("Stage", "dev"), ("Origin", "https://a.example?b=c")];
        assert_eq!(
            cli.run.parameter_overrides,
            expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
        assert!(cli.run.release);
        assert!(Cli::try_parse_from(["local", "--parameter-overrides", "Stage"]).is_err());
    }

    #[test]
    fn a_word_that_is_no_command_is_a_program_with_its_own_arguments() {
        let cli = Cli::try_parse_from(["local", "faults", "--seed", "7", "--help"]).unwrap();
        let Some(Command::Program(words)) = cli.command else {
            panic!("{:?}", cli.command);
        };
        assert_eq!(words, ["faults", "--seed", "7", "--help"]);
    }

    #[test]
    fn a_fault_that_says_nothing_or_two_things_is_no_command() {
        let parses = |arguments: &str| Cli::try_parse_from(arguments.split(' ')).is_ok();
        assert!(parses("local dial posts --status 429 --next 3"));
        assert!(parses("local dial posts --lose 2"));
        assert!(parses("local dial sockets --cut"));
        assert!(!parses("local dial sockets"));
        assert!(!parses("local dial posts --lose 2 --next 3"));
        assert!(parses("local dial redis slow 50ms --port 4000"));
        assert!(parses("local dial kill Fn --when at-post"));
        assert!(!parses("local dial posts --next 3"));
        assert!(!parses("local dial posts --status 429 --delay 5ms"));
        assert!(!parses("local dial kill Fn"));
        assert!(!parses("local dial advance soon"));
    }
}
