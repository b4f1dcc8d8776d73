//! The command line.

use std::{env, path::PathBuf, time::Duration};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use faults::{drive::Options, plan::Kind};
use local::{dials::Span, template::name_and_value};

/// Breaks a whole stack of its own on purpose, and checks everything that its users asked, were told and were shown.
///
/// Ends with 0 when no promise was broken, with 1 when one was, and with 2 when it could not run.
#[derive(Debug, Parser)]
#[command(name = "faults", bin_name = "cargo dev faults", version)]
pub(crate) struct Cli {
    /// Of all that is random. The same seed makes the same plan of faults and of wishes; what comes of it depends on the machine,
    /// too.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How long faults happen.
    #[arg(long, default_value_t = 1.0)]
    minutes: f64,
    /// How many users.
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u16).range(2..=200))]
    users: u16,
    /// How many devices each has.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=20))]
    devices: u16,
    /// How many sessions.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=100))]
    sessions: u16,
    /// How long a device rests between two wishes, on average.
    #[arg(long, default_value = "900ms", value_name = "SPAN")]
    pause: Span,
    /// How often devices ping, and how long everybody has to have everything after the last fault.
    #[arg(long, default_value = "6s", value_name = "SPAN")]
    ping: Span,
    /// Which kinds of faults, separated by commas [default: all of them].
    #[arg(long, value_enum, value_delimiter = ',', value_name = "KIND")]
    faults: Option<Vec<Kind>>,
    /// Only these faults of the plan, by number, separated by commas: to find the one that matters.
    #[arg(long, value_delimiter = ',', value_name = "NUMBER")]
    only: Vec<usize>,
    /// Values for the template's parameters, as `sam deploy` takes them, such as Instances=managed.
    #[arg(long, num_args = 1.., value_name = "NAME=VALUE", value_parser = name_and_value)]
    parameter_overrides: Vec<(String, String)>,
    /// Writes the report there, as Markdown.
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// Writes everything that happened there, as JSON lines.
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,
    /// Runs nothing, and checks such a file.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["history", "report", "json"])]
    pub(crate) check: Option<PathBuf>,
    /// Shows the report as JSON, with the plan.
    #[arg(long)]
    pub(crate) json: bool,
    /// Folder of everything that the stack writes.
    #[arg(long, default_value = ".local", value_name = "FOLDER")]
    state_dir: PathBuf,
}

impl Cli {
    pub(crate) fn options(&self) -> Result<Options> {
        ensure!(
            self.minutes.is_finite() && (0.0..=1_440.0).contains(&self.minutes),
            "--minutes {} is not between 0 and 1440",
            self.minutes
        );
        ensure!(
            self.ping.0 >= Duration::from_secs(1),
            "--ping is at least 1s"
        );
        let root = env::current_dir().context("finding the current folder")?;
        Ok(Options {
            seed: self.seed,
            during: Duration::from_secs_f64(60.0 * self.minutes),
            users: self.users.into(),
            devices: self.devices.into(),
            sessions: self.sessions.into(),
            pause: self.pause.0,
            kinds: self.faults.clone().unwrap_or_else(Kind::all),
            only: self.only.clone(),
            ping: self.ping.0,
            history: self.history.clone(),
            state_dir: self.state_dir.clone(),
            parameters: self.parameter_overrides.iter().cloned().collect(),
            ..Options::new(root)
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn options(arguments: &str) -> Result<Options> {
        Cli::try_parse_from(arguments.split(' '))?.options()
    }

    #[test]
    fn the_command_line_contradicts_itself_nowhere() {
        Cli::command().debug_assert();
    }

    #[test]
    fn what_is_not_said_is_everything_for_a_minute() {
        let options = options("faults").unwrap();
        assert_eq!(
            (options.during, options.kinds),
            (Duration::from_secs(60), Kind::all())
        );
    }

    #[test]
    fn kinds_and_numbers_are_lists() {
        let options = options("faults --faults redis-cut,kill --only 3,7 --minutes 0.5").unwrap();
        assert_eq!(options.kinds, [Kind::RedisCut, Kind::Kill]);
        assert_eq!(
            (options.only, options.during),
            (vec![3, 7], Duration::from_secs(30))
        );
    }

    #[test]
    fn a_stack_has_the_parameters_that_are_given() {
        let options = options("faults --parameter-overrides Instances=managed").unwrap();
        assert_eq!(options.parameters["Instances"], "managed");
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for wrong in [
            "--users 1",
            "--sessions 0",
            "--minutes -1",
            "--minutes 1441",
            "--faults rain",
            "--ping 999ms",
        ] {
            assert!(options(&format!("faults {wrong}")).is_err(), "{wrong}");
        }
        for right in [
            "--users 2",
            "--sessions 1",
            "--minutes 0",
            "--minutes 1440",
            "--ping 1s",
        ] {
            assert!(options(&format!("faults {right}")).is_ok(), "{right}");
        }
    }
}
