//! Whoever is told that they have everything has it.

use std::collections::HashMap;

use super::{Rule, Violation, facts::Facts};
use crate::history::{Answer, Request, Session, Source, What};

/// From when on everybody has to be told of which change.
type Due = HashMap<Session, Vec<(u64, i64)>>;

pub(super) fn fresh(facts: &Facts<'_>) -> Vec<Violation> {
    let (pages, pongs) = due(facts);
    let mut violations = Vec::new();
    for event in facts.events {
        match &event.what {
            What::Paged {
                to,
                session,
                source: Source::Sync | Source::Since,
                asked,
                change,
                complete: true,
                ..
            } => {
                if let Some(acked) = missed(&pages, *session, *asked, *change) {
                    violations.push(Violation::new(
                        Rule::Fresh,
                        format!("{session}: {to} got a complete page up to {change}, and {acked} had been acknowledged"),
                    ));
                }
            }
            What::Ponged {
                to,
                asked,
                cursors,
                behind,
            } => {
                for (session, cursor) in cursors {
                    if !behind.contains(session)
                        && let Some(acked) = missed(&pongs, *session, *asked, *cursor)
                    {
                        violations.push(Violation::new(
                            Rule::Fresh,
                            format!("{session}: {to} was told that {cursor} is all, and {acked} had been acknowledged"),
                        ));
                    }
                }
            }
            _ => {}
        }
    }
    violations
}

/// For pages and for pongs.
fn due(facts: &Facts<'_>) -> (Due, Due) {
    let (mut pages, mut pongs) = (Due::new(), Due::new());
    for asked in &facts.asked {
        for one in &asked.tries {
            let Some((
                at,
                Answer::Acked {
                    seq,
                    change,
                    announced,
                    ..
                },
            )) = one.answer
            else {
                continue;
            };
            // A repeated send has the number of its birth.
            let change = match asked.request {
                Request::Send { .. } => *seq,
                _ => *change,
            };
            let session = asked.request.session();
            let later = facts.stores.told(at);
            let at_once = *announced && !facts.stores.forgot(one.at, at);
            let from = if at_once { at } else { later };
            pages.entry(session).or_default().push((from, change));
            // A warning that is not taken back makes readers ask PostgreSQL at once, and a pong say so after a while.
            pongs.entry(session).or_default().push((later, change));
        }
    }
    (pages, pongs)
}

/// The newest change that was due when it was asked, if it is later than what was told.
fn missed(due: &Due, session: Session, asked: u64, told: i64) -> Option<i64> {
    let due = due.get(&session)?.iter();
    let newest = due.filter(|(from, _)| *from <= asked).map(|(_, at)| *at);
    newest.max().filter(|newest| *newest > told)
}
