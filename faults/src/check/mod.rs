//! What a history has to be like. Pure: from events to violations, with nothing of how they came about.

mod calm;
mod converged;
mod edits;
mod facts;
mod fresh;
mod holes;
mod kept;
mod order;
mod reads;
mod stores;
mod strangers;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, fmt};

use serde::Serialize;

use crate::history::Event;
use facts::Facts;

/// A promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// What was acknowledged is in the database at the end, and as it was acknowledged.
    Kept,
    /// Nothing is stored twice, and nothing that nobody sent.
    Once,
    /// Everybody sees a message in the same place, with the same author, time and text.
    Order,
    /// The changes of a session are all numbers from 1 to its counter, a push follows on the change before its own, and a page
    /// leaves nothing out.
    Holes,
    /// Of two alterations of one revision one is applied; what was refused is seen by nobody.
    Edits,
    /// Whoever is told that they have everything has what was acknowledged before they asked.
    Fresh,
    /// A device has everything within a ping period after the faults end.
    Converged,
    /// Every request is settled in the end, and refused only where it has to be.
    Settled,
    /// Read marks only move forward, and what is unread is counted right.
    Reads,
    /// Nobody is shown what they are no member of.
    Strangers,
    /// While nothing is broken every other socket is pushed every message, once, and the sender's own never.
    Pushed,
}

/// A broken promise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// Which.
    pub rule: Rule,
    /// How, for people.
    pub what: String,
}

/// Every violation of a history.
pub fn check(events: &[Event]) -> Vec<Violation> {
    let facts = Facts::of(events);
    let rules: [fn(&Facts) -> Vec<Violation>; 12] = [
        kept::kept,
        kept::once,
        kept::settled,
        order::order,
        holes::holes,
        edits::edits,
        fresh::fresh,
        converged::converged,
        reads::reads,
        strangers::strangers,
        calm::pushed,
        calm::no_echo,
    ];
    rules.iter().flat_map(|rule| rule(&facts)).collect()
}

/// How many violations there are of each rule; every rule is there.
pub fn by_rule(violations: &[Violation]) -> BTreeMap<Rule, usize> {
    let mut counts: BTreeMap<_, _> = Rule::ALL.into_iter().map(|rule| (rule, 0)).collect();
    for violation in violations {
        *counts.entry(violation.rule).or_default() += 1;
    }
    counts
}

impl Rule {
    /// In the order of the report.
    pub const ALL: [Self; 11] = [
        Self::Kept,
        Self::Once,
        Self::Order,
        Self::Holes,
        Self::Edits,
        Self::Fresh,
        Self::Converged,
        Self::Settled,
        Self::Reads,
        Self::Strangers,
        Self::Pushed,
    ];

    /// What it promises, for the report.
    pub fn promise(self) -> &'static str {
        match self {
            Self::Kept => {
                "What was acknowledged is in the table and in the history over REST at the end, as it was acknowledged."
            }
            Self::Once => {
                "Nothing is stored twice, every repetition has the first ack, and nothing is stored that nobody sent."
            }
            Self::Order => {
                "Everybody sees a message in the same place, with the same author, time and text; time grows with place; what was sent after an ack stands after it."
            }
            Self::Holes => {
                "The changes of a session are all the numbers from 1 to its counter, each once; a push follows on the change before its own; a page of a sync leaves nothing out."
            }
            Self::Edits => {
                "Of two alterations of one revision one is applied, and an acknowledged one is; what was refused is seen by nobody."
            }
            Self::Fresh => {
                "A complete page reaches everything that was acknowledged before it was asked; what was acknowledged without Redis, five seconds after Redis and PostgreSQL can be reached. The same for a pong that does not name the session, five seconds later."
            }
            Self::Converged => {
                "Every device of every member has exactly what the table has, within a ping period and six seconds after the faults end, and no cursor was reset."
            }
            Self::Settled => {
                "Every request is answered in the end, and refused only where it has to be."
            }
            Self::Reads => {
                "Read marks only move forward and stand where the furthest acknowledged mark was; what is unread is counted right."
            }
            Self::Strangers => {
                "Nobody is shown a message or a page of a session that they are no member of, or not any more; who was removed without Redis, five seconds after Redis and PostgreSQL can be reached."
            }
            Self::Pushed => {
                "While nothing is broken every other open socket is pushed every message once; the sending socket never is."
            }
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Kept => "kept",
            Self::Once => "once",
            Self::Order => "order",
            Self::Holes => "holes",
            Self::Edits => "edits",
            Self::Fresh => "fresh",
            Self::Converged => "converged",
            Self::Settled => "settled",
            Self::Reads => "reads",
            Self::Strangers => "strangers",
            Self::Pushed => "pushed",
        };
        f.write_str(name)
    }
}

impl Violation {
    fn new(rule: Rule, what: impl Into<String>) -> Self {
        Self {
            rule,
            what: what.into(),
        }
    }
}
