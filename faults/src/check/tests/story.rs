//! A history under construction, and what stands in it.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::{
    check::{Rule, check},
    history::{Answer, Device, Event, Push, Request, Row, Seen, Session, Source, User, Via, What},
};

pub(super) const S: Session = Session(0);
pub(super) const ADA: User = User(0);
pub(super) const BOB: User = User(1);
pub(super) const EVE: User = User(2);
pub(super) const PHONE: Device = Device {
    user: ADA,
    number: 0,
};
pub(super) const DESK: Device = Device {
    user: BOB,
    number: 0,
};
pub(super) const TABLET: Device = Device {
    user: EVE,
    number: 0,
};

/// A history under construction: each event is a millisecond after the one before.
#[derive(Clone)]
pub(super) struct Story {
    pub(super) events: Vec<Event>,
    attempts: u64,
    /// Microseconds that passed without an event.
    passed: u64,
}

impl Story {
    /// Ada and Bob are members, Eve is not; the phone has socket 1, the desk 2, the tablet 3.
    pub(super) fn new() -> Self {
        let mut story = Self {
            events: Vec::new(),
            attempts: 0,
            passed: 0,
        };
        for user in [ADA, BOB] {
            story.add(What::Member { session: S, user });
        }
        for (device, socket) in [(PHONE, 1), (DESK, 2), (TABLET, 3)] {
            story.add(What::Opened { device, socket });
        }
        story
    }

    pub(super) fn add(&mut self, what: What) -> &mut Self {
        let at = self.now() + 1_000;
        self.events.push(Event { at, what });
        self
    }

    pub(super) fn now(&self) -> u64 {
        self.passed + 1_000 * self.events.len() as u64
    }

    /// Nothing happens for some seconds.
    pub(super) fn later(&mut self, seconds: u64) -> &mut Self {
        self.passed += 1_000_000 * seconds;
        self
    }

    /// A fault of a kind that is in the story once begins, or ends.
    pub(super) fn fault(&mut self, kind: &str, begins: bool) -> &mut Self {
        self.add(What::Fault {
            number: kind.len(),
            kind: kind.to_owned(),
            detail: String::new(),
            begins,
        })
    }

    /// Asks and has no answer yet.
    pub(super) fn ask(&mut self, by: User, via: Via, request: Request) -> u64 {
        self.attempts += 1;
        self.add(What::Asked {
            attempt: self.attempts,
            by,
            via,
            request,
        });
        self.attempts
    }

    pub(super) fn answer(&mut self, attempt: u64, answer: Answer) -> &mut Self {
        self.add(What::Answered { attempt, answer })
    }

    pub(super) fn asked(&mut self, by: User, request: Request, answer: Answer) -> &mut Self {
        let attempt = self.ask(by, Via::Rest, request);
        self.answer(attempt, answer)
    }

    /// Ada's phone says something, and it is acknowledged.
    pub(super) fn said(&mut self, seq: i64, text: &str) -> &mut Self {
        let via = Via::Socket {
            device: PHONE,
            socket: 1,
        };
        let attempt = self.ask(ADA, via, send(text));
        self.answer(attempt, ack(&message(seq, text), false))
    }

    /// The same, and Redis was not reached.
    pub(super) fn said_without_redis(&mut self, seq: i64, text: &str) -> &mut Self {
        let attempt = self.ask(ADA, Via::Rest, send(text));
        let mut answer = ack(&message(seq, text), false);
        if let Answer::Acked { announced, .. } = &mut answer {
            *announced = false;
        }
        self.answer(attempt, answer)
    }

    pub(super) fn pushed(&mut self, to: Device, socket: u64, seen: Seen) -> &mut Self {
        let prev = seen.change - 1;
        self.add(What::Pushed {
            to,
            socket,
            session: S,
            push: Push { seen, prev },
        })
    }

    pub(super) fn paged(&mut self, to: Device, seen: Vec<Seen>) -> &mut Self {
        let asked = self.now();
        let change = seen.iter().map(|seen| seen.change).max().unwrap_or(0);
        self.add(What::Paged {
            to,
            session: S,
            source: Source::Sync,
            asked,
            after: 0,
            seen,
            change,
            complete: true,
        })
    }

    pub(super) fn table(&mut self, change: i64, seen: &[Seen]) -> &mut Self {
        self.table_with(change, seen, &[(ADA, 0), (BOB, 0)])
    }

    pub(super) fn table_with(
        &mut self,
        change: i64,
        seen: &[Seen],
        members: &[(User, i64)],
    ) -> &mut Self {
        let key = |seen: &Seen| {
            seen.created_at
                .rsplit(' ')
                .next()
                .unwrap_or_default()
                .to_owned()
        };
        let rows = seen
            .iter()
            .map(|seen| Row {
                key: key(seen),
                seen: seen.clone(),
            })
            .collect();
        self.add(What::Table {
            session: S,
            change,
            rows,
            members: members.to_vec(),
        })
    }

    pub(super) fn view(&mut self, device: Device, cursor: i64, seen: &[Seen]) -> &mut Self {
        self.add(What::View {
            device,
            session: S,
            cursor,
            seen: seen.to_vec(),
        })
    }

    /// The rules that are broken.
    pub(super) fn broken(&self) -> BTreeSet<Rule> {
        check(&self.events)
            .into_iter()
            .map(|violation| violation.rule)
            .collect()
    }

    pub(super) fn is_sound(&self) {
        assert_eq!(check(&self.events), []);
    }

    pub(super) fn breaks(&self, rule: Rule) {
        let broken = self.broken();
        assert!(broken.contains(&rule), "{rule} is not among {broken:?}");
    }
}

/// The text is its key, too, which stands at the end of the time.
pub(super) fn message(seq: i64, text: &str) -> Seen {
    Seen {
        id: Uuid::from_u128(text.bytes().fold(0, |id, byte| id * 256 + u128::from(byte))),
        seq,
        change: seq,
        rev: 1,
        author: ADA,
        content: text.to_owned(),
        created_at: format!("{seq:03} {text}"),
        deleted: false,
    }
}

pub(super) fn edited(seen: &Seen, change: i64, text: &str) -> Seen {
    Seen {
        change,
        rev: seen.rev + 1,
        content: text.to_owned(),
        ..seen.clone()
    }
}

pub(super) fn send(text: &str) -> Request {
    Request::Send {
        key: text.to_owned(),
        session: S,
        content: text.to_owned(),
    }
}

pub(super) fn edit(seen: &Seen, text: &str) -> Request {
    Request::Alter {
        key: format!("edit to {text}"),
        session: S,
        message: seen.id,
        rev: seen.rev,
        content: Some(text.to_owned()),
    }
}

pub(super) fn read(seq: i64) -> Request {
    Request::Read {
        key: format!("read {seq}"),
        session: S,
        seq,
    }
}

pub(super) fn ack(seen: &Seen, duplicate: bool) -> Answer {
    let Seen {
        id,
        seq,
        change,
        rev,
        created_at,
        ..
    } = seen.clone();
    Answer::Acked {
        id,
        seq,
        change,
        rev,
        created_at,
        duplicate,
        announced: true,
    }
}

pub(super) fn refused(code: &str) -> Answer {
    Answer::Refused {
        code: code.to_owned(),
    }
}

pub(super) fn unknown() -> Answer {
    Answer::Unknown {
        why: "no answer".to_owned(),
    }
}

pub(super) fn remove(user: User) -> Request {
    Request::Remove {
        key: format!("remove {user}"),
        session: S,
        user,
    }
}
