//! Read marks, and what is unread.

use std::collections::HashMap;

use super::{Rule, Violation, facts::Facts};
use crate::history::{Answer, Request, What};

/// The server counts no further.
const MOST_UNREAD: i64 = 100;

pub(super) fn reads(facts: &Facts<'_>) -> Vec<Violation> {
    let mut violations = marks(facts);
    violations.extend(listed(facts));
    violations
}

/// A mark that was acknowledged before another was asked for is not beyond the other's answer, nor beyond the table at the end.
fn marks(facts: &Facts<'_>) -> Vec<Violation> {
    let (mut violations, mut marks) = (Vec::new(), HashMap::new());
    for asked in &facts.asked {
        let Request::Read {
            session,
            seq: wanted,
            key,
        } = asked.request
        else {
            continue;
        };
        for one in &asked.tries {
            if let Some((at, Answer::Marked { seq })) = one.answer {
                if seq < wanted {
                    violations.push(Violation::new(
                        Rule::Reads,
                        format!(
                            "{session}: {key} of {} marked {wanted} and was told {seq}",
                            asked.by
                        ),
                    ));
                }
                marks
                    .entry((*session, asked.by))
                    .or_insert_with(Vec::new)
                    .push((one.at, at, *seq));
            }
        }
    }
    for ((session, user), marks) in marks {
        for (asked, answered, seq) in &marks {
            // Whoever was shown out and let in again has a new mark.
            let before = marks.iter().filter(|(_, before, higher)| {
                before < asked
                    && higher > seq
                    && facts.was_inside(session, user, *before, *answered)
            });
            if let Some(highest) = before.map(|(_, _, higher)| *higher).max() {
                violations.push(Violation::new(
                    Rule::Reads,
                    format!("{session}: the mark of {user} went back from {highest} to {seq}"),
                ));
            }
        }
        let furthest = marks
            .iter()
            .map(|(_, _, seq)| *seq)
            .max()
            .unwrap_or_default();
        let stored = facts
            .tables
            .get(&session)
            .and_then(|table| table.members.iter().find(|(member, _)| *member == user));
        let stayed = facts.was_inside(session, user, 0, u64::MAX - 1);
        if stayed && stored.is_some_and(|(_, stored)| *stored < furthest) {
            violations.push(Violation::new(
                Rule::Reads,
                format!(
                    "{session}: {user} had read up to {furthest}, and the table has {stored:?}"
                ),
            ));
        }
    }
    violations
}

/// A reader's list counts what the table has.
fn listed(facts: &Facts<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    for event in facts.events {
        let What::Listed {
            user,
            session,
            read_seq,
            unread,
        } = &event.what
        else {
            continue;
        };
        let Some(table) = facts.tables.get(session) else {
            continue;
        };
        let stored = table
            .members
            .iter()
            .find(|(member, _)| member == user)
            .map(|(_, mark)| *mark);
        if stored != Some(*read_seq) {
            violations.push(Violation::new(
                Rule::Reads,
                format!(
                    "{session}: {user} is told the mark {read_seq}, and the table has {stored:?}"
                ),
            ));
        }
        let others = table.rows.iter().filter(|row| {
            row.seen.author != *user && !row.seen.deleted && row.seen.seq > *read_seq
        });
        let counted = i64::try_from(others.count())
            .unwrap_or(i64::MAX)
            .min(MOST_UNREAD);
        if counted != *unread {
            violations.push(Violation::new(
                Rule::Reads,
                format!("{session}: {user} is told of {unread} unread messages, and has {counted}"),
            ));
        }
    }
    violations
}
