//! Every device has everything.

use std::collections::BTreeMap;

use super::{Rule, Violation, facts::Facts};
use crate::history::{Row, What};

pub(super) fn converged(facts: &Facts<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    // Views are compared with the look into the database before them.
    let mut tables: BTreeMap<_, (i64, &[Row])> = BTreeMap::new();
    for event in facts.events {
        match &event.what {
            What::Table {
                session,
                change,
                rows,
                ..
            } => {
                tables.insert(*session, (*change, rows));
            }
            What::Reset { device, session } => {
                violations.push(Violation::new(
                    Rule::Converged,
                    format!("{session}: {device} was told to start over"),
                ));
            }
            What::View {
                device,
                session,
                cursor,
                seen,
            } => {
                let Some((change, rows)) = tables.get(session) else {
                    continue;
                };
                if cursor != change {
                    violations.push(Violation::new(
                        Rule::Converged,
                        format!("{session}: {device} has everything up to {cursor}, of {change}"),
                    ));
                }
                let missing: Vec<_> = rows
                    .iter()
                    .map(|row| &row.seen)
                    .filter(|row| !seen.contains(row))
                    .map(|row| row.seq)
                    .collect();
                if !missing.is_empty() || rows.len() != seen.len() {
                    violations.push(Violation::new(
                        Rule::Converged,
                        format!("{session}: {device} shows {} of {} messages; missing or old: {missing:?}", seen.len(), rows.len()),
                    ));
                }
            }
            _ => {}
        }
    }
    violations
}
