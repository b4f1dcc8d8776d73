//! A history, sorted by what is asked of it.

use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

use super::stores::Stores;
use crate::history::{Answer, Event, Request, Row, Seen, Session, User, Via, What};

/// A request with all of its tries.
#[derive(Debug)]
pub(super) struct Asked<'h> {
    pub(super) by: User,
    pub(super) request: &'h Request,
    pub(super) tries: Vec<Try<'h>>,
}

/// A try.
#[derive(Debug)]
pub(super) struct Try<'h> {
    pub(super) at: u64,
    pub(super) via: Via,
    pub(super) answer: Option<(u64, &'h Answer)>,
}

/// A message that somebody was shown.
#[derive(Debug)]
pub(super) struct Shown<'h> {
    pub(super) session: Session,
    /// For people.
    pub(super) to: String,
    pub(super) seen: &'h Seen,
}

/// The database, as it was read.
#[derive(Debug)]
pub(super) struct Table<'h> {
    pub(super) change: i64,
    pub(super) rows: &'h [Row],
    pub(super) members: &'h [(User, i64)],
}

/// A history, sorted.
pub(super) struct Facts<'h> {
    pub(super) events: &'h [Event],
    /// Requests that are the same, but for a clash on purpose.
    pub(super) asked: Vec<Asked<'h>>,
    pub(super) shown: Vec<Shown<'h>>,
    /// The last look into the database.
    pub(super) tables: BTreeMap<Session, Table<'h>>,
    /// When they could be reached.
    pub(super) stores: Stores,
    membership: HashMap<(Session, User), Vec<Outside>>,
    /// From when until when somebody was let in or shown out.
    moves: HashMap<(Session, User), Vec<Span>>,
    /// When a text was first asked for.
    first_asked: HashMap<&'h str, u64>,
}

/// A time, both ends included.
#[derive(Debug, Clone, Copy)]
struct Span {
    from: u64,
    to: u64,
}

/// When a user was surely outside a session, both ends included.
#[derive(Debug, Clone, Copy)]
struct Outside {
    from: u64,
    /// When lists have to know.
    known: u64,
    to: u64,
}

impl<'h> Facts<'h> {
    pub(super) fn of(events: &'h [Event]) -> Self {
        let mut facts = Self {
            events,
            asked: asked(events),
            shown: shown(events),
            tables: tables(events),
            stores: Stores::of(events),
            membership: HashMap::new(),
            moves: HashMap::new(),
            first_asked: HashMap::new(),
        };
        facts.membership = outside(events, &facts.asked, &facts.stores);
        for asked in &facts.asked {
            if let Request::Add { session, user, .. } | Request::Remove { session, user, .. } =
                asked.request
            {
                let span = Span {
                    from: asked.first(),
                    to: asked.last(),
                };
                facts.moves.entry((*session, *user)).or_default().push(span);
            }
            let text = match asked.request {
                Request::Send { content, .. } => content.as_str(),
                Request::Alter {
                    content: Some(content),
                    ..
                } => content.as_str(),
                _ => continue,
            };
            let at = asked.first();
            facts
                .first_asked
                .entry(text)
                .and_modify(|first| *first = at.min(*first))
                .or_insert(at);
        }
        facts
    }

    /// Whether a user was outside a session for the whole of a time.
    pub(super) fn was_outside(&self, session: Session, user: User, from: u64, to: u64) -> bool {
        // Who was never let in has no entry, and was outside always.
        match self.membership.get(&(session, user)) {
            None => true,
            Some(spans) => spans.iter().any(|span| span.from <= from && to <= span.to),
        }
    }

    /// The same for pages: a list may know a member for a while who was removed without Redis.
    pub(super) fn was_known_outside(
        &self,
        session: Session,
        user: User,
        from: u64,
        to: u64,
    ) -> bool {
        match self.membership.get(&(session, user)) {
            None => true,
            Some(spans) => spans.iter().any(|span| span.known <= from && to <= span.to),
        }
    }

    /// Whether a user was inside a session for the whole of a time: never outside, and nobody was moving them.
    pub(super) fn was_inside(&self, session: Session, user: User, from: u64, to: u64) -> bool {
        let is_moved = self
            .moves
            .get(&(session, user))
            .is_some_and(|moves| moves.iter().any(|span| span.from <= to && from <= span.to));
        let meets = |span: &Outside| span.from <= to && from <= span.to;
        match self.membership.get(&(session, user)) {
            None => false,
            Some(spans) => !is_moved && !spans.iter().any(meets),
        }
    }

    /// When a text first left its author; the beginning if never.
    pub(super) fn first_asked(&self, content: &str) -> u64 {
        self.first_asked.get(content).copied().unwrap_or(0)
    }

    /// What every message looks like in the last look into the database.
    pub(super) fn rows(&self) -> impl Iterator<Item = (Session, &'h Row)> {
        self.tables
            .iter()
            .flat_map(|(session, table)| table.rows.iter().map(|row| (*session, row)))
    }

    /// The same, by id.
    pub(super) fn rows_by_id(&self) -> HashMap<Uuid, (Session, &'h Row)> {
        self.rows()
            .map(|(session, row)| (row.seen.id, (session, row)))
            .collect()
    }
}

impl Asked<'_> {
    /// When it was asked for the first time.
    pub(super) fn first(&self) -> u64 {
        self.tries
            .iter()
            .map(|one| one.at)
            .min()
            .unwrap_or_default()
    }

    /// When it was settled; never, if it was not.
    pub(super) fn last(&self) -> u64 {
        let settled = self
            .tries
            .iter()
            .filter_map(|one| one.answer)
            .filter(|(_, answer)| answer.is_final());
        settled.map(|(at, _)| at).max().unwrap_or(u64::MAX)
    }

    pub(super) fn answers(&self) -> impl Iterator<Item = &Answer> {
        self.tries
            .iter()
            .filter_map(|one| one.answer)
            .map(|(_, answer)| answer)
    }

    pub(super) fn refused(&self) -> Option<&str> {
        self.answers().find_map(|answer| match answer {
            Answer::Refused { code } => Some(code.as_str()),
            _ => None,
        })
    }
}

fn asked(events: &[Event]) -> Vec<Asked<'_>> {
    let mut all: Vec<Asked<'_>> = Vec::new();
    // By request and not by key: a clash on purpose has the key of another request.
    let mut places: HashMap<(User, &str, String), usize> = HashMap::new();
    let mut attempts: HashMap<u64, (usize, usize)> = HashMap::new();
    for event in events {
        match &event.what {
            What::Asked {
                attempt,
                by,
                via,
                request,
            } => {
                let text = match request {
                    Request::Send { content, .. } => content.clone(),
                    _ => String::new(),
                };
                let place = *places.entry((*by, request.key(), text)).or_insert_with(|| {
                    all.push(Asked {
                        by: *by,
                        request,
                        tries: Vec::new(),
                    });
                    all.len() - 1
                });
                attempts.insert(*attempt, (place, all[place].tries.len()));
                all[place].tries.push(Try {
                    at: event.at,
                    via: *via,
                    answer: None,
                });
            }
            What::Answered { attempt, answer } => {
                if let Some((place, number)) = attempts.get(attempt) {
                    all[*place].tries[*number].answer = Some((event.at, answer));
                }
            }
            _ => {}
        }
    }
    all
}

fn shown(events: &[Event]) -> Vec<Shown<'_>> {
    let mut all = Vec::new();
    for event in events {
        match &event.what {
            What::Pushed {
                to, session, push, ..
            } => {
                all.push(Shown {
                    session: *session,
                    to: format!("{to}, pushed"),
                    seen: &push.seen,
                });
            }
            What::Paged {
                to,
                session,
                source,
                seen,
                ..
            } => {
                all.extend(seen.iter().map(|seen| Shown {
                    session: *session,
                    to: format!("{to}, by {source:?}"),
                    seen,
                }));
            }
            What::View {
                device,
                session,
                seen,
                ..
            } => {
                all.extend(seen.iter().map(|seen| Shown {
                    session: *session,
                    to: format!("{device}, at the end"),
                    seen,
                }));
            }
            What::History {
                user,
                session,
                seen,
            } => {
                all.extend(seen.iter().map(|seen| Shown {
                    session: *session,
                    to: format!("{user}, by history at the end"),
                    seen,
                }));
            }
            What::Table { session, rows, .. } => {
                all.extend(rows.iter().map(|row| Shown {
                    session: *session,
                    to: "the table".to_owned(),
                    seen: &row.seen,
                }));
            }
            _ => {}
        }
    }
    all
}

fn tables(events: &[Event]) -> BTreeMap<Session, Table<'_>> {
    let tables = events.iter().filter_map(|event| match &event.what {
        What::Table {
            session,
            change,
            rows,
            members,
        } => Some((
            *session,
            Table {
                change: *change,
                rows,
                members,
            },
        )),
        _ => None,
    });
    tables.collect()
}

/// From when until when, and whether it lets somebody in.
type Move = (u64, u64, bool);

/// When users were surely outside: from the answer to their removal until they are let in again.
fn outside(
    events: &[Event],
    asked: &[Asked<'_>],
    stores: &Stores,
) -> HashMap<(Session, User), Vec<Outside>> {
    let mut inside: HashMap<(Session, User), Vec<(u64, u64)>> = HashMap::new();
    for event in events {
        if let What::Member { session, user } = event.what {
            inside.entry((session, user)).or_default().push((0, 0));
        }
    }
    let mut moves: HashMap<(Session, User), Vec<Move>> = HashMap::new();
    for asked in asked {
        let (session, user, lets_in) = match asked.request {
            Request::Add { session, user, .. } => (*session, *user, true),
            Request::Remove { session, user, .. } => (*session, *user, false),
            _ => continue,
        };
        moves
            .entry((session, user))
            .or_default()
            .push((asked.first(), asked.last(), lets_in));
    }
    let mut spans: HashMap<(Session, User), Vec<Outside>> =
        inside.keys().map(|key| (*key, Vec::new())).collect();
    for (key, mut moves) in moves {
        moves.sort_unstable();
        let spans = spans.entry(key).or_default();
        let mut since = (!inside.contains_key(&key)).then_some((0, 0));
        for (first, last, lets_in) in moves {
            if lets_in {
                if let Some((from, known)) = since.take() {
                    let to = first;
                    spans.push(Outside { from, known, to });
                }
            } else if last < u64::MAX {
                let known = match stores.hid(first, last) {
                    true => stores.told(last),
                    false => last,
                };
                since.get_or_insert((last, known));
            }
        }
        if let Some((from, known)) = since {
            let to = u64::MAX;
            spans.push(Outside { from, known, to });
        }
    }
    spans
}
