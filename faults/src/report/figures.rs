//! A history in numbers.

use std::collections::{HashMap, HashSet};

use crate::history::{Answer, Event, Request, Via, What};

/// A history in numbers.
#[derive(Debug, Default)]
pub struct Figures {
    sent: HashSet<String>,
    acked: HashSet<String>,
    repeated: usize,
    duplicates: usize,
    altered: usize,
    conflicts: usize,
    clashes: usize,
    unknown: usize,
    refused: usize,
    marks: usize,
    moves: usize,
    sockets: usize,
    pushes: usize,
    twice: usize,
    overtaken: usize,
    pages: usize,
    synced: usize,
}

impl Figures {
    /// Counts.
    pub fn of(events: &[Event]) -> Self {
        let mut figures = Self::default();
        let (mut requests, mut seen, mut newest) = (HashMap::new(), HashSet::new(), HashMap::new());
        for event in events {
            match &event.what {
                What::Asked {
                    attempt,
                    request,
                    via,
                    ..
                } => {
                    requests.insert(*attempt, request);
                    figures.asked(request, *via);
                }
                What::Answered { attempt, answer } => {
                    if let Some(request) = requests.get(attempt) {
                        figures.answered(request, answer);
                    }
                }
                What::Opened { .. } => figures.sockets += 1,
                What::Pushed {
                    socket,
                    session,
                    push,
                    ..
                } => {
                    figures.pushes += 1;
                    let change = push.seen.change;
                    figures.twice += usize::from(!seen.insert((*socket, *session, change)));
                    let newest = newest.entry((*socket, *session)).or_insert(change);
                    figures.overtaken += usize::from(change < *newest);
                    *newest = change.max(*newest);
                }
                What::Paged { seen, .. } => {
                    figures.pages += 1;
                    figures.synced += seen.len();
                }
                _ => {}
            }
        }
        figures
    }

    fn asked(&mut self, request: &Request, _: Via) {
        match request {
            Request::Send { key, .. } => {
                self.repeated += usize::from(!self.sent.insert(key.clone()));
            }
            Request::Add { .. } | Request::Remove { .. } => self.moves += 1,
            _ => {}
        }
    }

    fn answered(&mut self, request: &Request, answer: &Answer) {
        match (request, answer) {
            (Request::Send { key, .. }, Answer::Acked { duplicate, .. }) => {
                self.acked.insert(key.clone());
                self.duplicates += usize::from(*duplicate);
            }
            (Request::Alter { .. }, Answer::Acked { duplicate, .. }) => {
                self.altered += usize::from(!*duplicate);
                self.duplicates += usize::from(*duplicate);
            }
            (_, Answer::Marked { .. }) => self.marks += 1,
            (_, Answer::Refused { code }) => match code.as_str() {
                "conflict" => self.conflicts += 1,
                "idempotency_conflict" => self.clashes += 1,
                _ => self.refused += 1,
            },
            (_, Answer::Unknown { .. }) => self.unknown += 1,
            _ => {}
        }
    }

    /// For people, in the order of the report.
    pub fn rows(&self) -> Vec<(&'static str, usize)> {
        vec![
            ("messages sent", self.sent.len()),
            ("messages acknowledged", self.acked.len()),
            ("messages sent again", self.repeated),
            ("acks that say duplicate", self.duplicates),
            ("edits and deletions acknowledged", self.altered),
            ("edits and deletions refused as conflict", self.conflicts),
            ("keys used again for another text, refused", self.clashes),
            ("other refusals, to those who are no members", self.refused),
            ("tries without an answer", self.unknown),
            ("read marks acknowledged", self.marks),
            ("members let in or shown out, tries", self.moves),
            ("sockets opened", self.sockets),
            ("pushes received", self.pushes),
            ("pushes received twice", self.twice),
            ("pushes received out of order", self.overtaken),
            ("pages of syncs and histories", self.pages),
            ("messages in them", self.synced),
        ]
    }
}
