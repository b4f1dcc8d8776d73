//! Logs: one JSON object a line on standard output, as Amazon's log service reads them.

use std::env;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::{
    Layer, filter::Targets, fmt, layer::SubscriberExt, util::SubscriberInitExt,
};

/// The runtime logs every error that a handler returns; we have logged it at the boundary already, and a refused ticket is no error of
/// ours. A panic still shows: the panic hook writes it.
const TWICE_LOGGED: &str = "lambda_runtime::layers::panic";

/// Where our own code logs from; a target stands for all that begin with it.
const OURS: [&str; 5] = ["shared", "cleanup", "heartbeat", "rest_", "ws_"];

/// Starts logging. `AWS_LAMBDA_LOG_LEVEL`, which Lambda sets, wins over `RUST_LOG`; `info` unless either is set. Both take a level, or
/// levels by target such as `info,shared::push=debug`. A level alone opens no library beyond `info`: at `trace` the runtime logs every
/// event whole, with its tokens and texts.
pub fn init() {
    let layer = fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_target(false)
        .with_filter(filter(|name| env::var(name).ok()));
    tracing_subscriber::registry().with(layer).init();
}

/// Levels by target: what `EnvFilter` can do besides takes a regular expression engine, and nobody here needs it.
fn filter(lookup: impl Fn(&str) -> Option<String>) -> Targets {
    let wanted = ["AWS_LAMBDA_LOG_LEVEL", "RUST_LOG"]
        .into_iter()
        .find_map(|name| {
            lookup(name)
                .filter(|text| !text.is_empty())?
                .parse::<Targets>()
                .ok()
        })
        .unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
    let level = wanted.default_level().unwrap_or(LevelFilter::OFF);
    let ours = OURS.map(|target| (target, level));
    Targets::new()
        .with_targets(ours)
        .with_targets(wanted.iter())
        .with_default(level.min(LevelFilter::INFO))
        .with_target(TWICE_LOGGED, LevelFilter::OFF)
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    fn chosen(lambda: &str, rust: &str) -> Targets {
        filter(|name| Some(if name == "RUST_LOG" { rust } else { lambda }.to_owned()))
    }

    #[test]
    fn lambdas_level_wins_and_info_is_the_default() {
        assert!(chosen("", "").would_enable("shared", &Level::INFO));
        assert!(!chosen("", "").would_enable("shared", &Level::DEBUG));
        assert!(chosen("", "debug").would_enable("shared", &Level::DEBUG));
        assert!(!chosen("ERROR", "debug").would_enable("shared", &Level::WARN));
        assert!(chosen("warn,shared=debug", "").would_enable("shared", &Level::DEBUG));
        assert!(chosen("shared=loud", "").would_enable("shared", &Level::INFO));
    }

    #[test]
    fn what_was_logged_at_the_boundary_is_not_logged_twice() {
        let (target, level) = ("lambda_runtime::layers::panic", Level::ERROR);
        assert!(!chosen("trace", "").would_enable(target, &level));
    }

    #[test]
    fn a_level_alone_opens_no_library() {
        let trace = chosen("TRACE", "");
        for target in ["shared::push", "rest_auth::route", "ws_message"] {
            assert!(trace.would_enable(target, &Level::TRACE), "{target}");
        }
        let runtime = "lambda_runtime::layers::api_response";
        assert!(trace.would_enable(runtime, &Level::INFO));
        assert!(!trace.would_enable(runtime, &Level::DEBUG));
        assert!(chosen("info,hyper=trace", "").would_enable("hyper::client", &Level::TRACE));
        assert!(!chosen("error", "").would_enable(runtime, &Level::WARN));
    }
}
