//! Nobody is shown what is not theirs.

use super::{Rule, Violation, facts::Facts};
use crate::history::What;

pub(super) fn strangers(facts: &Facts<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    for event in facts.events {
        match &event.what {
            // A push may have been on its way when its reader was shown out; what was said later must not be.
            What::Pushed {
                to, session, push, ..
            } if !push.seen.deleted => {
                let said = facts.first_asked(&push.seen.content);
                if facts.was_outside(*session, to.user, said, event.at) {
                    violations.push(Violation::new(
                        Rule::Strangers,
                        format!(
                            "{session}: {to} is no member, and was pushed {}",
                            push.seen.seq
                        ),
                    ));
                }
            }
            What::Paged {
                to,
                session,
                source,
                asked,
                ..
            } if facts.was_known_outside(*session, to.user, *asked, event.at) => {
                violations.push(Violation::new(
                    Rule::Strangers,
                    format!("{session}: {to} is no member, and got a page by {source:?}"),
                ));
            }
            _ => {}
        }
    }
    violations
}
