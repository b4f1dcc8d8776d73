//! One order for everybody.

use std::collections::HashMap;

use super::{Rule, Violation, facts::Facts};
use crate::history::{Answer, Request, Seen, Session};

pub(super) fn order(facts: &Facts<'_>) -> Vec<Violation> {
    let mut violations = one_place(facts);
    violations.extend(times_grow(facts));
    violations.extend(acks_come_first(facts));
    violations
}

/// Everybody who saw a message saw the same; everybody who saw a place saw the same message there.
fn one_place(facts: &Facts<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut messages: HashMap<_, &Seen> = HashMap::new();
    let mut revisions: HashMap<_, &Seen> = HashMap::new();
    let mut places: HashMap<(Session, i64), &Seen> = HashMap::new();
    for shown in &facts.shown {
        let (session, seen) = (shown.session, shown.seen);
        let first = *messages.entry(seen.id).or_insert(seen);
        if (first.seq, first.author, &first.created_at) != (seen.seq, seen.author, &seen.created_at)
        {
            violations.push(differs(session, &shown.to, first, seen));
        }
        let first = *revisions.entry((seen.id, seen.rev)).or_insert(seen);
        if (first.change, &first.content, first.deleted)
            != (seen.change, &seen.content, seen.deleted)
        {
            violations.push(differs(session, &shown.to, first, seen));
        }
        let first = *places.entry((session, seen.seq)).or_insert(seen);
        if first.id != seen.id {
            violations.push(differs(session, &shown.to, first, seen));
        }
    }
    violations
}

fn differs(session: Session, to: &str, first: &Seen, seen: &Seen) -> Violation {
    Violation::new(
        Rule::Order,
        format!("{session}: somebody saw {first:?}, and {to} {seen:?}"),
    )
}

/// A later place has a later time.
fn times_grow(facts: &Facts<'_>) -> Vec<Violation> {
    let pairs = facts.tables.iter().flat_map(|(session, table)| {
        table
            .rows
            .windows(2)
            .map(|pair| (*session, &pair[0].seen, &pair[1].seen))
    });
    let wrong = pairs.filter(|(_, before, after)| before.created_at >= after.created_at);
    wrong
        .map(|(session, before, after)| {
            Violation::new(
                Rule::Order,
                format!(
                    "{session}: {} is not later than {}, though its place is",
                    after.created_at, before.created_at
                ),
            )
        })
        .collect()
}

/// What was sent after another's ack stands after it.
fn acks_come_first(facts: &Facts<'_>) -> Vec<Violation> {
    let mut sends: HashMap<Session, Vec<(u64, u64, i64, &str)>> = HashMap::new();
    for asked in &facts.asked {
        let Request::Send { session, key, .. } = asked.request else {
            continue;
        };
        let acks =
            asked.tries.iter().filter_map(|one| one.answer).filter_map(
                |(at, answer)| match answer {
                    Answer::Acked { seq, .. } => Some((at, *seq)),
                    _ => None,
                },
            );
        if let Some((acked, seq)) = acks.min() {
            sends
                .entry(*session)
                .or_default()
                .push((asked.first(), acked, seq, key));
        }
    }
    let mut violations = Vec::new();
    for (session, mut sends) in sends {
        let mut by_ack: Vec<_> = sends
            .iter()
            .map(|(_, acked, seq, key)| (*acked, *seq, *key))
            .collect();
        by_ack.sort_unstable();
        sends.sort_unstable();
        // The highest place among those that were acknowledged before each send began.
        let (mut acks, mut highest) = (by_ack.into_iter().peekable(), (0, ""));
        for (began, _, seq, key) in sends {
            while let Some((_, earlier, of)) = acks.next_if(|(acked, ..)| *acked < began) {
                highest = highest.max((earlier, of));
            }
            if seq < highest.0 {
                violations.push(Violation::new(
                    Rule::Order,
                    format!(
                        "{session}: {key} at {seq} was sent after the ack of {} at {}",
                        highest.1, highest.0
                    ),
                ));
            }
        }
    }
    violations
}
