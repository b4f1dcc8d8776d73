//! The command line.

use std::path::PathBuf;

use clap::Parser;
use local::template::name_and_value;

/// Measures a stack under load: real sockets, sends to acks and sends to the other devices.
///
/// Without --url it starts a stack of its own, built with optimisation, whose limits nobody meets. While it measures it also
/// checks: a message that was acked and did not reach a device, one that came twice, or an order that differs ends it with an error.
#[derive(Debug, Clone, Parser)]
#[command(name = "load", bin_name = "cargo dev load", version)]
pub(crate) struct Options {
    /// Users that chat.
    #[arg(long, default_value_t = 50)]
    pub(crate) users: usize,
    /// Sockets of each user. The first sends, all others are pushed to.
    #[arg(long, default_value_t = 2)]
    pub(crate) devices: usize,
    /// Sessions that the users share [default: one for each user].
    #[arg(long)]
    pub(crate) sessions: Option<usize>,
    /// Closed loop: so many messages are on their way at any time.
    #[arg(long, default_value_t = 1, conflicts_with = "rate")]
    pub(crate) concurrency: usize,
    /// Open loop: so many messages a second, whether or not earlier ones were acked. Waiting counts from the moment at which a
    /// message was due.
    #[arg(long, value_name = "PER_SECOND")]
    pub(crate) rate: Option<u32>,
    /// Length of a window, in seconds.
    #[arg(long, default_value_t = 8)]
    pub(crate) seconds: u64,
    /// Windows; what is reported is the median of theirs.
    #[arg(long, default_value_t = 1)]
    pub(crate) windows: usize,
    /// Seconds of load before the first window; 0 meets a cold stack.
    #[arg(long, default_value_t = 2)]
    pub(crate) warm_up: u64,
    /// Bytes of a message's text.
    #[arg(long, default_value_t = 100)]
    pub(crate) bytes: usize,
    /// Measures the floor in the same run, a window of it after each: one statement and one round trip to Redis in a loop, with as
    /// many clients as messages are on their way.
    #[arg(long, conflicts_with = "url")]
    pub(crate) floor: bool,
    /// Shows every second of every window.
    #[arg(long)]
    pub(crate) timeline: bool,
    /// Prints the report as JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// A stack that runs, such as `http://127.0.0.1:3000`; its limits apply.
    #[arg(long)]
    pub(crate) url: Option<String>,
    #[command(flatten)]
    pub(crate) own: OwnStack,
}

/// What a stack of our own is like.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct OwnStack {
    /// The SAM template of the stack.
    #[arg(long, default_value = "template.yaml", value_name = "FILE")]
    pub(crate) template: PathBuf,
    /// Builds everything without optimisation.
    #[arg(long, conflicts_with = "url")]
    pub(crate) debug: bool,
    /// Values for the template's parameters, as `sam deploy` takes them, such as Instances=managed.
    #[arg(long, num_args = 1.., value_name = "NAME=VALUE", value_parser = name_and_value, conflicts_with = "url")]
    pub(crate) parameter_overrides: Vec<(String, String)>,
    /// Events that a process of a function may have at once, where its function does not say; more than 1 is Lambda's managed instances.
    #[arg(long, default_value_t = 1, conflicts_with = "url")]
    pub(crate) instance_concurrency: usize,
    /// Processes that a function may have.
    #[arg(long, default_value_t = 10, conflicts_with = "url")]
    pub(crate) instances: usize,
    /// Another value of an environment variable of the functions, such as LIMITS=off.
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = name_and_value, conflicts_with = "url")]
    pub(crate) variables: Vec<(String, String)>,
    /// Runs the stack alone, for the process that measures.
    #[arg(long, hide = true)]
    pub(crate) only_stack: bool,
}

impl Options {
    /// Sessions in all.
    pub(crate) fn session_count(&self) -> usize {
        self.sessions
            .unwrap_or(self.users)
            .clamp(1, self.users.max(1))
    }

    /// Messages on their way at once, as far as that is bounded.
    pub(crate) fn clients(&self) -> usize {
        if self.rate.is_some() {
            32
        } else {
            self.concurrency
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_contradicts_itself_nowhere() {
        Options::command().debug_assert();
    }

    #[test]
    fn users_share_no_more_sessions_than_there_are_users() {
        let sessions = |arguments: &[&str]| {
            let arguments = ["load"].iter().chain(arguments);
            Options::try_parse_from(arguments).unwrap().session_count()
        };
        assert_eq!(sessions(&[]), 50);
        assert_eq!(sessions(&["--sessions", "3"]), 3);
        assert_eq!(sessions(&["--users", "4", "--sessions", "9"]), 4);
    }
}
