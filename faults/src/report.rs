//! What a person reads: Markdown, or one JSON document.

mod command;
mod figures;

use std::collections::{BTreeMap, BTreeSet};

use local::dials::Span;
use serde_json::{Value, json};

use crate::{
    check::{Rule, by_rule},
    drive::{Options, Outcome, machine},
    history::What,
    plan::Kind,
};
use command::command;
pub use figures::Figures;

/// How many violations are shown; a defect makes hundreds, and the first tell as much.
const SHOWN: usize = 20;

/// As Markdown.
pub fn markdown(options: &Options, outcome: &Outcome) -> String {
    let mut page = String::new();
    let figures = Figures::of(&outcome.events);
    let mut line = |text: &str| {
        page.push_str(text);
        page.push('\n');
    };
    line("# The fault report\n");
    line(&verdict(outcome));
    line("\n```sh");
    line(&command(options));
    line("```\n");
    line("| | |\n|---|---|");
    for (what, value) in frame(options, outcome) {
        line(&format!("| {what} | {value} |"));
    }
    line("\n## What went wrong, on purpose\n");
    line("| fault | times | is |\n|---|--:|---|");
    for (kind, count) in injected(outcome) {
        line(&format!(
            "| `{}` | {count} | {} |",
            kind.name(),
            meaning(kind)
        ));
    }
    line("\n## What went on meanwhile\n");
    line("| | |\n|---|--:|");
    for (what, count) in figures.rows() {
        line(&format!("| {what} | {count} |"));
    }
    line("\n## What was checked\n");
    line("| rule | promises | violations |\n|---|---|--:|");
    for (rule, count) in by_rule(&outcome.violations) {
        line(&format!("| {rule} | {} | {count} |", rule.promise()));
    }
    line(&violations(outcome));
    page
}

fn verdict(outcome: &Outcome) -> String {
    match outcome.violations.len() {
        0 => "**No violation.** Everything that was acknowledged is there, once, in one order, on every device.".to_owned(),
        1 => "**1 violation.**".to_owned(),
        count => format!("**{count} violations.**"),
    }
}

fn frame(options: &Options, outcome: &Outcome) -> Vec<(&'static str, String)> {
    let converged = match outcome.converged_after {
        Some(after) => format!(
            "{:.1} s after the last fault (a ping period is {})",
            after.as_secs_f64(),
            Span(options.ping)
        ),
        None => format!("not within {:.0} s", outcome.deadline.as_secs_f64()),
    };
    vec![
        ("seed", options.seed.to_string()),
        (
            "faults for",
            format!("{:.0} s", outcome.during.as_secs_f64()),
        ),
        (
            "users, devices, sessions",
            format!(
                "{}, {}, {}",
                options.users,
                options.users * options.devices,
                options.sessions
            ),
        ),
        ("everybody had everything", converged),
        ("machine", machine()),
    ]
}

/// How often what happened. A fault that failed is not counted, though it began.
fn injected(outcome: &Outcome) -> BTreeMap<Kind, usize> {
    let mut happened = BTreeSet::new();
    for event in &outcome.events {
        match event.what {
            What::Fault {
                number,
                begins: true,
                ..
            } => {
                happened.insert(number);
            }
            What::Failed { number, .. } => {
                happened.remove(&number);
            }
            _ => {}
        }
    }
    let mut counts = BTreeMap::new();
    for planned in outcome
        .planned
        .iter()
        .filter(|planned| happened.contains(&planned.number))
    {
        *counts.entry(planned.kind).or_default() += 1;
    }
    counts
}

fn meaning(kind: Kind) -> &'static str {
    match kind {
        Kind::Kill => {
            "the next one or two events of a function kill it: at its first push, before or after its answer, or 1 to 30 ms after it got the event"
        }
        Kind::RedisCut => "nothing reaches Redis for 0.2 to 2.5 s, and it forgets nothing",
        Kind::RedisSlow => "everything reaches Redis 5 to 700 ms later, for up to 2.5 s",
        Kind::RedisStop => "Redis is killed, and starts empty after 0.1 to 1.5 s",
        Kind::RedisFlush => "`FLUSHALL`",
        Kind::PostgresCut => "nothing reaches PostgreSQL for 0.2 to 2 s",
        Kind::PostgresSlow => "everything reaches PostgreSQL 5 to 250 ms later, for up to 2.5 s",
        Kind::PostgresStop => "PostgreSQL is killed, and recovers after 0.1 to 0.8 s",
        Kind::PushLose => "up to 6 pushes are answered as delivered, and are not",
        Kind::PushDelay => "up to 6 pushes come up to 1.5 s later",
        Kind::PushDuplicate => "up to 6 pushes come twice",
        Kind::PushReorder => "2 to 5 pushes come in the opposite order",
        Kind::PushRefuse => "up to 6 pushes are refused with 410, 429 or 500",
        Kind::DisconnectLose => "up to 5 `$disconnect` events are lost",
        Kind::GatewayRestart => "every socket ends at once, with what was still to be answered",
        Kind::ClockSkew => {
            "the gateway's clock goes ahead of the functions' and the databases' by 1 minute, 11 minutes or 2 hours: sockets end as idle or too old, schedules run"
        }
        Kind::DeviceVanish => "a device drops its connection without a word, for up to 4 s",
    }
}

fn violations(outcome: &Outcome) -> String {
    if outcome.violations.is_empty() {
        return String::new();
    }
    let shown = outcome
        .violations
        .iter()
        .take(SHOWN)
        .map(|violation| format!("- {}: {}\n", violation.rule, violation.what));
    let mut text: String = "\n## Violations\n\n".to_owned() + &shown.collect::<String>();
    if outcome.violations.len() > SHOWN {
        text += &format!("- … and {} more\n", outcome.violations.len() - SHOWN);
    }
    text
}

/// As one JSON document.
pub fn document(options: &Options, outcome: &Outcome) -> Value {
    let faults: BTreeMap<_, _> = injected(outcome)
        .into_iter()
        .map(|(kind, count)| (kind.name(), count))
        .collect();
    let rules: BTreeMap<_, _> = by_rule(&outcome.violations)
        .into_iter()
        .map(|(rule, count): (Rule, _)| (rule.to_string(), count))
        .collect();
    json!({
        "command": command(options),
        "seed": options.seed,
        "seconds": outcome.during.as_secs_f64(),
        "converged_after_seconds": outcome.converged_after.map(|after| after.as_secs_f64()),
        "machine": machine(),
        "faults": faults,
        "plan": outcome.planned.iter().map(|planned| json!({
            "number": planned.number, "at_ms": planned.at.as_millis() as u64, "kind": planned.kind.name(), "detail": planned.fault.to_string(),
        })).collect::<Vec<_>>(),
        "figures": Figures::of(&outcome.events).rows().into_iter().collect::<BTreeMap<_, _>>(),
        "rules": rules,
        "violations": outcome.violations,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{history::Event, plan::faults};

    fn outcome(events: Vec<What>) -> Outcome {
        let events = events.into_iter().map(|what| Event { at: 0, what });
        Outcome {
            events: events.collect(),
            planned: faults(1, Duration::from_secs(10), &[Kind::RedisFlush]),
            violations: Vec::new(),
            during: Duration::from_secs(60),
            converged_after: Some(Duration::from_millis(1_234)),
            deadline: Duration::from_secs(12),
        }
    }

    #[test]
    fn a_ping_period_is_said_as_it_was_given() {
        let options = Options {
            ping: Duration::from_millis(1_500),
            ..Options::new(".")
        };
        let page = markdown(&options, &outcome(Vec::new()));
        assert!(page.contains("(a ping period is 1s500ms)"), "{page}");
    }

    #[test]
    fn a_fault_that_failed_is_not_counted() {
        let fault = |number, begins| What::Fault {
            number,
            kind: Kind::RedisFlush.name(),
            detail: String::new(),
            begins,
        };
        let why = "no Redis".to_owned();
        let events = vec![
            fault(1, true),
            fault(1, false),
            fault(2, true),
            What::Failed { number: 2, why },
            fault(2, false),
        ];
        let counts = injected(&outcome(events));
        assert_eq!(counts, BTreeMap::from([(Kind::RedisFlush, 1)]));
    }
}
