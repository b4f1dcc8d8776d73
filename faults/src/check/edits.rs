//! Of two alterations of one revision one is applied.

use std::collections::{HashMap, HashSet};

use super::{Rule, Violation, facts::Facts};
use crate::history::{Answer, Request};

pub(super) fn edits(facts: &Facts<'_>) -> Vec<Violation> {
    let mut violations = acked(facts);
    violations.extend(shown(facts));
    violations.extend(refused(facts));
    violations
}

/// An acknowledged alteration is what its revision says, and no other one has that revision.
fn acked(facts: &Facts<'_>) -> Vec<Violation> {
    let (mut violations, mut made) = (Vec::new(), HashMap::new());
    let rows = facts.rows_by_id();
    for asked in &facts.asked {
        let Request::Alter {
            key,
            session,
            message,
            rev: before,
            content,
        } = asked.request
        else {
            continue;
        };
        for answer in asked.answers() {
            let Answer::Acked { rev, .. } = answer else {
                continue;
            };
            if *rev != before + 1 {
                violations.push(Violation::new(
                    Rule::Edits,
                    format!("{session}: {key} altered revision {before} and got {rev}"),
                ));
            }
            // Two who delete the same have both done it.
            let (first, text) = *made.entry((*message, *rev)).or_insert((key, content));
            if text != content {
                violations.push(Violation::new(
                    Rule::Edits,
                    format!("{session}: {first} and {key} both made revision {rev} of one message"),
                ));
            }
            let Some((_, row)) = rows.get(message) else {
                violations.push(Violation::new(
                    Rule::Edits,
                    format!("{session}: {key} altered a message that is not in the table"),
                ));
                continue;
            };
            let is_it = row.seen.rev > *rev
                || row.seen.rev == *rev
                    && row.seen.content == content.clone().unwrap_or_default()
                    && row.seen.deleted == content.is_none();
            if !is_it {
                violations.push(Violation::new(
                    Rule::Edits,
                    format!(
                        "{session}: {key} made revision {rev}, and the table has {:?}",
                        row.seen
                    ),
                ));
            }
        }
    }
    violations
}

/// Every revision that anybody saw was asked for, from the revision before it.
fn shown(facts: &Facts<'_>) -> Vec<Violation> {
    let asked: HashSet<_> = facts
        .asked
        .iter()
        .filter_map(|asked| match asked.request {
            Request::Alter {
                message,
                rev,
                content,
                ..
            } => Some((*message, rev + 1, content.as_deref().unwrap_or_default())),
            _ => None,
        })
        .collect();
    let wrong = facts.shown.iter().filter(|shown| {
        let seen = shown.seen;
        seen.rev > 1 && !asked.contains(&(seen.id, seen.rev, seen.content.as_str()))
    });
    wrong
        .map(|shown| {
            Violation::new(
                Rule::Edits,
                format!(
                    "{}: {} saw {:?}, which nobody asked for",
                    shown.session, shown.to, shown.seen
                ),
            )
        })
        .collect()
}

/// What was refused, with no try of which nobody knows what became, is seen by nobody.
fn refused(facts: &Facts<'_>) -> Vec<Violation> {
    let texts: HashMap<_, _> = facts
        .asked
        .iter()
        .filter(|asked| {
            asked
                .tries
                .iter()
                .all(|one| matches!(one.answer, Some((_, Answer::Refused { .. }))))
        })
        .filter_map(|asked| match asked.request {
            Request::Alter {
                content: Some(content),
                key,
                ..
            }
            | Request::Send { content, key, .. } => Some((content.as_str(), key)),
            _ => None,
        })
        .collect();
    let wrong = facts
        .shown
        .iter()
        .filter_map(|shown| Some((shown, texts.get(shown.seen.content.as_str())?)));
    wrong
        .map(|(shown, key)| {
            Violation::new(
                Rule::Edits,
                format!(
                    "{}: {key} was refused, and {} saw it",
                    shown.session, shown.to
                ),
            )
        })
        .collect()
}
