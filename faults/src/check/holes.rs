//! Every number from 1 to the counter, each once.

use std::collections::{BTreeMap, HashMap, HashSet};

use uuid::Uuid;

use super::{Rule, Violation, facts::Facts};
use crate::history::{Answer, Request, Session, Source, What};

pub(super) fn holes(facts: &Facts<'_>) -> Vec<Violation> {
    let mut violations = counted(facts);
    let (changes, twice) = changes(facts);
    violations.extend(twice);
    violations.extend(pages_are_whole(facts, &changes));
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

/// By session and number: the revision of a message.
type Changes = BTreeMap<(Session, i64), (Uuid, i64)>;

/// A number stands for one revision of one message, wherever it was seen or acknowledged.
fn changes(facts: &Facts<'_>) -> (Changes, Vec<Violation>) {
    let shown = facts.shown.iter().map(|shown| {
        let seen = shown.seen;
        (shown.session, seen.change, (seen.id, seen.rev))
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
    let (mut violations, mut changes) = (Vec::new(), Changes::new());
    for (session, change, what) in shown.chain(acked) {
        let first = *changes.entry((session, change)).or_insert(what);
        if first != what {
            violations.push(Violation::new(
                Rule::Holes,
                format!("{session}: the change {change} is {first:?}, and {what:?}"),
            ));
        }
    }
    (changes, violations)
}

/// A page of a sync has every message that was altered between its cursor and its end: each if it is complete. One that is not
/// may leave out what was altered again after its end; another page has that.
fn pages_are_whole(facts: &Facts<'_>, changes: &Changes) -> Vec<Violation> {
    let mut violations = Vec::new();
    // In the order of the numbers, so that the last one stays.
    let newest: HashMap<_, _> = changes
        .iter()
        .map(|((_, change), (id, _))| (*id, *change))
        .collect();
    for event in facts.events {
        let What::Paged {
            to,
            session,
            source: Source::Sync | Source::Since,
            after,
            seen,
            change,
            complete,
            ..
        } = &event.what
        else {
            continue;
        };
        let there: HashSet<_> = seen.iter().map(|seen| seen.id).collect();
        let altered = changes.range((*session, after + 1)..(*session, 1 + change.max(after)));
        let missing: Vec<_> = altered
            .filter(|(_, (id, _))| !there.contains(id))
            .filter(|((_, at), (id, _))| *complete || newest.get(id) == Some(at))
            .map(|((_, change), _)| change)
            .collect();
        if !missing.is_empty() {
            violations.push(Violation::new(
                Rule::Holes,
                format!("{session}: {to} got a page from {after} to {change} without {missing:?}"),
            ));
        }
    }
    violations
}
