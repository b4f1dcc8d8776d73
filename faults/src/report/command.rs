//! The command that runs the same seed again.

use local::dials::Span;

use crate::{drive::Options, plan::Kind};

/// The command that runs the same seed again: what makes a run another one, where it is not as usual.
pub(super) fn command(options: &Options) -> String {
    let (minutes, usual) = (
        options.during.as_secs_f64() / 60.0,
        Options::new(&options.root),
    );
    let mut command = format!(
        "cargo dev faults --seed {} --minutes {minutes} --users {} --devices {} --sessions {}",
        options.seed, options.users, options.devices, options.sessions
    );
    let spans = [
        ("pause", options.pause, usual.pause),
        ("ping", options.ping, usual.ping),
    ];
    for (name, span, usual) in spans {
        if span != usual {
            command += &format!(" --{name} {}", Span(span));
        }
    }
    if options.kinds.len() < Kind::all().len() {
        let names: Vec<_> = options.kinds.iter().map(|kind| kind.name()).collect();
        command += &format!(" --faults {}", names.join(","));
    }
    if !options.only.is_empty() {
        let numbers: Vec<_> = options.only.iter().map(ToString::to_string).collect();
        command += &format!(" --only {}", numbers.join(","));
    }
    if !options.parameters.is_empty() {
        command += " --parameter-overrides";
        for (name, value) in &options.parameters {
            command += &format!(" {}", quoted(&format!("{name}={value}")));
        }
    }
    command
}

/// As a shell reads it: in quotes where it would see more than text.
fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_=.,:/@+".contains(c);
    if text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_is_as_usual_is_not_said() {
        assert_eq!(
            command(&Options::new(".")),
            "cargo dev faults --seed 1 --minutes 1 --users 6 --devices 2 --sessions 4"
        );
    }

    #[test]
    fn everything_that_makes_another_run_is_said() {
        let parameters = [("Instances", "managed"), ("AllowedOrigin", "it's *")];
        let options = Options {
            seed: 7,
            during: Duration::from_secs(30),
            pause: Duration::from_millis(150),
            ping: Duration::from_millis(1_500),
            kinds: vec![Kind::RedisCut, Kind::Kill],
            only: vec![3, 7],
            parameters: parameters
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            ..Options::new(".")
        };
        assert_eq!(
            command(&options),
            "cargo dev faults --seed 7 --minutes 0.5 --users 6 --devices 2 --sessions 4 \
             --pause 150ms --ping 1s500ms --faults redis-cut,kill --only 3,7 \
             --parameter-overrides 'AllowedOrigin=it'\\''s *' Instances=managed"
        );
    }
}
