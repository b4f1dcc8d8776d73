//! Every number from 1 to the counter, each once.

use std::collections::HashMap;

use super::{Rule, Violation, facts::Facts};
use crate::history::{Answer, Request, What};

pub(super) fn holes(facts: &Facts<'_>) -> Vec<Violation> {
    let mut violations = counted(facts);
    violations.extend(one_change_each(facts));
    for event in facts.events {
        if let What::Pushed {
            to, session, push, ..
        } = &event.what
            && push.prev != push.seen.change - 1
        {
            violations.push(Violation::new(
                Rule::Holes,
                format!(
                    "{session}: {to} was pushed {} after {}",
                    push.seen.change, push.prev
                ),
            ));
        }
    }
    violations
}

/// Each revision took one number, so all revisions together are as many as the counter says, and no number is larger.
fn counted(facts: &Facts<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (session, table) in &facts.tables {
        let taken: i64 = table.rows.iter().map(|row| row.seen.rev).sum();
        if taken != table.change {
            violations.push(Violation::new(
                Rule::Holes,
                format!(
                    "{session}: the counter stands at {}, and {taken} changes were made",
                    table.change
                ),
            ));
        }
        let is_sound = |seq: i64, change: i64| 1 <= seq && seq <= change && change <= table.change;
        for row in table
            .rows
            .iter()
            .filter(|row| !is_sound(row.seen.seq, row.seen.change))
        {
            violations.push(Violation::new(
                Rule::Holes,
                format!(
                    "{session}: {} at {} has the change {} of {}",
                    row.key, row.seen.seq, row.seen.change, table.change
                ),
            ));
        }
    }
    violations
}

/// A number stands for one revision of one message, wherever it was seen or acknowledged.
fn one_change_each(facts: &Facts<'_>) -> Vec<Violation> {
    let shown = facts.shown.iter().map(|shown| {
        (
            shown.session,
            shown.seen.change,
            (shown.seen.id, shown.seen.rev),
        )
    });
    let acked = facts.asked.iter().flat_map(|asked| {
        let session = asked.request.session();
        let is_send = matches!(asked.request, Request::Send { .. });
        asked.answers().filter_map(move |answer| match answer {
            // A repeated send has the numbers of its birth.
            Answer::Acked { id, seq, .. } if is_send => Some((session, *seq, (*id, 1))),
            Answer::Acked {
                id, change, rev, ..
            } => Some((session, *change, (*id, *rev))),
            _ => None,
        })
    });
    let (mut violations, mut changes) = (Vec::new(), HashMap::new());
    for (session, change, what) in shown.chain(acked) {
        let first = *changes.entry((session, change)).or_insert(what);
        if first != what {
            violations.push(Violation::new(
                Rule::Holes,
                format!("{session}: the change {change} is {first:?}, and {what:?}"),
            ));
        }
    }
    violations
}
