//! Acks are kept, once, and everything is settled.

use std::collections::{HashMap, HashSet};

use super::{Rule, Violation, facts::Facts};
use crate::history::{Answer, Request, What};

/// What was acknowledged is in the table and in every history.
pub(super) fn kept(facts: &Facts<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    let rows = facts.rows_by_id();
    for asked in &facts.asked {
        let Request::Send {
            key,
            session,
            content,
        } = asked.request
        else {
            continue;
        };
        for answer in asked.answers() {
            let Answer::Acked {
                id,
                seq,
                created_at,
                ..
            } = answer
            else {
                continue;
            };
            let Some((_, row)) = rows.get(id).filter(|(at, _)| at == session) else {
                violations.push(Violation::new(
                    Rule::Kept,
                    format!("{session}: {key} was acknowledged at {seq}, and is not in the table"),
                ));
                continue;
            };
            let seen = &row.seen;
            let is_as_acked = (seen.seq, seen.author, &row.key, &seen.created_at)
                == (*seq, asked.by, key, created_at)
                && (seen.rev > 1 || seen.content == *content);
            if !is_as_acked {
                violations.push(Violation::new(
                    Rule::Kept,
                    format!(
                        "{session}: {key} was acknowledged at {seq}, and stands at {} as {:?}",
                        seen.seq, seen.content
                    ),
                ));
            }
        }
    }
    violations.extend(history_is_the_table(facts));
    violations
}

fn history_is_the_table(facts: &Facts<'_>) -> Vec<Violation> {
    let histories = facts.events.iter().filter_map(|event| match &event.what {
        What::History {
            user,
            session,
            seen,
        } => Some((user, session, seen)),
        _ => None,
    });
    let differs = histories.filter(|(_, session, seen)| {
        let rows = facts
            .tables
            .get(session)
            .map(|table| table.rows)
            .unwrap_or_default();
        !rows.iter().map(|row| &row.seen).eq(seen.iter())
    });
    differs
        .map(|(user, session, seen)| Violation::new(Rule::Kept, format!("{session}: the history that {user} gets, {} messages, is not what the table has", seen.len())))
        .collect()
}

/// No message twice, none that nobody sent, and one ack for one key.
pub(super) fn once(facts: &Facts<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    let sent: HashSet<_> = facts
        .asked
        .iter()
        .filter_map(|asked| match asked.request {
            Request::Send { key, session, .. } => Some((*session, asked.by, key.as_str())),
            _ => None,
        })
        .collect();
    let mut stored = HashMap::new();
    for (session, row) in facts.rows() {
        let key = (session, row.seen.author, row.key.as_str());
        if !sent.contains(&key) {
            violations.push(Violation::new(
                Rule::Once,
                format!(
                    "{session}: {} at {} was sent by nobody",
                    row.key, row.seen.seq
                ),
            ));
        }
        if let Some(first) = stored.insert(key, row.seen.seq) {
            violations.push(Violation::new(
                Rule::Once,
                format!(
                    "{session}: {} is stored at {first} and at {}",
                    row.key, row.seen.seq
                ),
            ));
        }
    }
    violations.extend(one_ack_a_key(facts));
    violations
}

fn one_ack_a_key(facts: &Facts<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut acks = HashMap::new();
    for asked in &facts.asked {
        let Request::Send {
            key,
            session,
            content,
        } = asked.request
        else {
            continue;
        };
        for answer in asked.answers() {
            let Answer::Acked {
                id,
                seq,
                created_at,
                duplicate,
                ..
            } = answer
            else {
                continue;
            };
            let ack = (*id, *seq, created_at, content);
            let first = *acks.entry((*session, asked.by, key)).or_insert(ack);
            if first != ack {
                violations.push(Violation::new(
                    Rule::Once,
                    format!("{session}: {key} was acknowledged as {first:?} and as {ack:?}"),
                ));
            }
            if *duplicate && asked.tries.len() == 1 {
                violations.push(Violation::new(
                    Rule::Once,
                    format!("{session}: {key} was sent once, and called a duplicate"),
                ));
            }
        }
        let first_times = asked
            .answers()
            .filter(|answer| {
                matches!(
                    answer,
                    Answer::Acked {
                        duplicate: false,
                        ..
                    }
                )
            })
            .count();
        if first_times > 1 {
            violations.push(Violation::new(
                Rule::Once,
                format!("{session}: {key} was stored anew {first_times} times, by its acks"),
            ));
        }
    }
    violations
}

/// Everything has an answer, and what is refused had to be.
pub(super) fn settled(facts: &Facts<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    for asked in &facts.asked {
        let (request, by) = (asked.request, asked.by);
        let (session, key) = (request.session(), request.key());
        let is_settled = asked.last() < u64::MAX;
        if !is_settled {
            violations.push(Violation::new(
                Rule::Settled,
                format!(
                    "{session}: {by} never got an answer to {key}, after {} tries",
                    asked.tries.len()
                ),
            ));
        }
        let until = if is_settled { asked.last() } else { continue };
        let outside = facts.was_outside(session, by, asked.first(), until);
        let inside = facts.was_inside(session, by, asked.first(), until);
        match asked.refused() {
            None if outside && !matches!(request, Request::Add { .. } | Request::Remove { .. }) => {
                violations.push(Violation::new(
                    Rule::Strangers,
                    format!("{session}: {by} is no member, and {key} was done"),
                ));
            }
            Some(code) if inside && !may_be_refused(facts, request, code) => {
                violations.push(Violation::new(
                    Rule::Settled,
                    format!("{session}: {key} of {by} was refused: {code}"),
                ));
            }
            _ => {}
        }
    }
    violations
}

/// Whether a member's request may be refused with that code.
fn may_be_refused(facts: &Facts<'_>, request: &Request, code: &str) -> bool {
    match request {
        Request::Send { key, content, .. } => {
            code == "idempotency_conflict"
                && facts.asked.iter().any(|other| {
                    matches!(other.request, Request::Send { key: k, content: c, .. } if k == key && c != content)
                })
        }
        Request::Alter { .. } => code == "conflict",
        _ => false,
    }
}
