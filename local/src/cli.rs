//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use local::services::Install;

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
    /// A function whose code changes runs on as it is.
    #[arg(long)]
    pub(crate) no_watch: bool,
    /// Folder of a page to serve where no route is [default: local/web, if there is one].
    #[arg(long, value_name = "FOLDER")]
    pub(crate) static_dir: Option<PathBuf>,
    /// A PostgreSQL that runs elsewhere, instead of a private one.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub(crate) database_url: Option<String>,
    /// A Redis that runs elsewhere, instead of a private one.
    #[arg(long, env = "REDIS_URL", hide_env_values = true, value_name = "URL")]
    pub(crate) redis_url: Option<String>,
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
    /// Port of the stack.
    #[arg(long, default_value_t = 3000)]
    pub(crate) port: u16,
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

fn name_and_value(argument: &str) -> Result<(String, String), String> {
    let (name, value) = argument.split_once('=').ok_or("it has to be NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
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
}
