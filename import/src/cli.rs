//! The command line.

use std::{path::PathBuf, time::Duration};

use clap::{Parser, ValueEnum};
use shared::config::parse_duration;

/// Moves chat history that lives only in Redis into PostgreSQL.
///
/// Reads lists of JSON messages, one list a session, and never changes them. What is there already is left out, so it may be stopped and
/// run again. Stop the service that writes the lists before the last run. Ends with 3 if some entries could not be read.
#[derive(Debug, Parser)]
#[command(name = "import", bin_name = "cargo dev import", version)]
pub(crate) struct Cli {
    /// The Redis that holds the history.
    #[arg(long, value_name = "URL")]
    pub(crate) from: String,
    /// Gatepost's PostgreSQL, with its migrations applied.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub(crate) database_url: String,
    /// Gatepost's Redis: sessions that are in use already are dropped from its lists of recent messages.
    #[arg(long, env = "REDIS_URL", hide_env_values = true, value_name = "URL")]
    pub(crate) redis_url: Option<String>,
    /// Which keys are lists of messages; the star stands for the id of the session.
    #[arg(long, value_name = "PATTERN", default_value = "session:*:messages", value_parser = pattern)]
    pub(crate) keys: Pattern,
    /// In which order the lists are.
    #[arg(long, value_enum, default_value_t, value_name = "ORDER")]
    pub(crate) order: Order,
    /// Lines of an old user id, a blank and the UUID of a user of Gatepost. Who is not in it gets a new user, always the same.
    #[arg(long, value_name = "FILE")]
    pub(crate) users: Option<PathBuf>,
    /// How long messages are kept, as the functions know it: a session is there for as long, and a ninth more, after its import.
    #[arg(long, env = "MESSAGE_RETENTION", value_name = "SPAN", default_value = "90d", value_parser = duration)]
    pub(crate) retention: Duration,
    /// Where entries go that could not be read, one JSON object a line, with the reason. They hold what people wrote.
    #[arg(long, value_name = "FILE", default_value = "import-rejected.jsonl")]
    pub(crate) rejected: PathBuf,
    /// Reads and checks everything, and writes nothing but the file of rejected entries.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// What is at the head of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Order {
    /// The times of the first and the last entry tell.
    #[default]
    Auto,
    /// As RPUSH leaves them.
    OldestFirst,
    /// As LPUSH leaves them.
    NewestFirst,
}

/// A pattern of keys with one star.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    before: String,
    after: String,
}

impl Pattern {
    /// As SCAN matches it: what stands for itself is escaped.
    pub(crate) fn glob(&self) -> String {
        let literal = |text: &str| {
            text.chars()
                .flat_map(|c| {
                    ['\\', c]
                        .into_iter()
                        .skip(usize::from(!"\\?*[]^-".contains(c)))
                })
                .collect::<String>()
        };
        format!("{}*{}", literal(&self.before), literal(&self.after))
    }

    /// The old id of the session, if the key has one.
    pub(crate) fn session<'a>(&self, key: &'a str) -> Option<&'a str> {
        key.strip_prefix(self.before.as_str())?
            .strip_suffix(self.after.as_str())
            .filter(|id| !id.is_empty())
    }
}

fn duration(text: &str) -> Result<Duration, &'static str> {
    parse_duration(text).ok_or("needs a duration such as 54s, 24h or 90d")
}

fn pattern(text: &str) -> Result<Pattern, String> {
    match text.split_once('*') {
        Some((before, after)) if !after.contains('*') => Ok(Pattern {
            before: before.to_owned(),
            after: after.to_owned(),
        }),
        _ => Err("needs exactly one star, where the session's id is".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_has_one_star_and_finds_the_session() {
        let keys = pattern("chat[1]:*:log").unwrap();
        assert_eq!(keys.glob(), r"chat\[1\]:*:log");
        assert_eq!(keys.session("chat[1]:abc:log"), Some("abc"));
        assert_eq!(keys.session("chat[1]::log"), None);
        assert_eq!(keys.session("other"), None);
        assert!(pattern("chat").is_err() && pattern("a*b*").is_err());
    }
}
