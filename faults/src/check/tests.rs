//! Histories made by hand: for each rule one that keeps it, and those that break it.

use std::{collections::BTreeSet, slice::from_ref};

use uuid::Uuid;

use super::{Rule, check};
use crate::history::{
    Answer, Device, Event, Push, Request, Row, Seen, Session, Source, User, Via, What,
};

const S: Session = Session(0);
const ADA: User = User(0);
const BOB: User = User(1);
const EVE: User = User(2);
const PHONE: Device = Device {
    user: ADA,
    number: 0,
};
const DESK: Device = Device {
    user: BOB,
    number: 0,
};
const TABLET: Device = Device {
    user: EVE,
    number: 0,
};

/// A history under construction: each event is a millisecond after the one before.
#[derive(Clone)]
struct Story {
    events: Vec<Event>,
    attempts: u64,
    /// Microseconds that passed without an event.
    passed: u64,
}

impl Story {
    /// Ada and Bob are members, Eve is not; the phone has socket 1, the desk 2, the tablet 3.
    fn new() -> Self {
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

    fn add(&mut self, what: What) -> &mut Self {
        let at = self.now() + 1_000;
        self.events.push(Event { at, what });
        self
    }

    fn now(&self) -> u64 {
        self.passed + 1_000 * self.events.len() as u64
    }

    /// Nothing happens for some seconds.
    fn later(&mut self, seconds: u64) -> &mut Self {
        self.passed += 1_000_000 * seconds;
        self
    }

    /// A fault of a kind that is in the story once begins, or ends.
    fn fault(&mut self, kind: &str, begins: bool) -> &mut Self {
        self.add(What::Fault {
            number: kind.len(),
            kind: kind.to_owned(),
            detail: String::new(),
            begins,
        })
    }

    /// Asks and has no answer yet.
    fn ask(&mut self, by: User, via: Via, request: Request) -> u64 {
        self.attempts += 1;
        self.add(What::Asked {
            attempt: self.attempts,
            by,
            via,
            request,
        });
        self.attempts
    }

    fn answer(&mut self, attempt: u64, answer: Answer) -> &mut Self {
        self.add(What::Answered { attempt, answer })
    }

    fn asked(&mut self, by: User, request: Request, answer: Answer) -> &mut Self {
        let attempt = self.ask(by, Via::Rest, request);
        self.answer(attempt, answer)
    }

    /// Ada's phone says something, and it is acknowledged.
    fn said(&mut self, seq: i64, text: &str) -> &mut Self {
        let via = Via::Socket {
            device: PHONE,
            socket: 1,
        };
        let attempt = self.ask(ADA, via, send(text));
        self.answer(attempt, ack(&message(seq, text), false))
    }

    /// The same, and Redis was not reached.
    fn said_without_redis(&mut self, seq: i64, text: &str) -> &mut Self {
        let attempt = self.ask(ADA, Via::Rest, send(text));
        let mut answer = ack(&message(seq, text), false);
        if let Answer::Acked { announced, .. } = &mut answer {
            *announced = false;
        }
        self.answer(attempt, answer)
    }

    fn pushed(&mut self, to: Device, socket: u64, seen: Seen) -> &mut Self {
        let prev = seen.change - 1;
        self.add(What::Pushed {
            to,
            socket,
            session: S,
            push: Push { seen, prev },
        })
    }

    fn paged(&mut self, to: Device, seen: Vec<Seen>) -> &mut Self {
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

    fn table(&mut self, change: i64, seen: &[Seen]) -> &mut Self {
        self.table_with(change, seen, &[(ADA, 0), (BOB, 0)])
    }

    fn table_with(&mut self, change: i64, seen: &[Seen], members: &[(User, i64)]) -> &mut Self {
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

    fn view(&mut self, device: Device, cursor: i64, seen: &[Seen]) -> &mut Self {
        self.add(What::View {
            device,
            session: S,
            cursor,
            seen: seen.to_vec(),
        })
    }

    /// The rules that are broken.
    fn broken(&self) -> BTreeSet<Rule> {
        check(&self.events)
            .into_iter()
            .map(|violation| violation.rule)
            .collect()
    }

    fn is_sound(&self) {
        assert_eq!(check(&self.events), []);
    }

    fn breaks(&self, rule: Rule) {
        let broken = self.broken();
        assert!(broken.contains(&rule), "{rule} is not among {broken:?}");
    }
}

/// The text is its key, too, which stands at the end of the time.
fn message(seq: i64, text: &str) -> Seen {
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

fn edited(seen: &Seen, change: i64, text: &str) -> Seen {
    Seen {
        change,
        rev: seen.rev + 1,
        content: text.to_owned(),
        ..seen.clone()
    }
}

fn send(text: &str) -> Request {
    Request::Send {
        key: text.to_owned(),
        session: S,
        content: text.to_owned(),
    }
}

fn edit(seen: &Seen, text: &str) -> Request {
    Request::Alter {
        key: format!("edit to {text}"),
        session: S,
        message: seen.id,
        rev: seen.rev,
        content: Some(text.to_owned()),
    }
}

fn read(seq: i64) -> Request {
    Request::Read {
        key: format!("read {seq}"),
        session: S,
        seq,
    }
}

fn ack(seen: &Seen, duplicate: bool) -> Answer {
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

fn refused(code: &str) -> Answer {
    Answer::Refused {
        code: code.to_owned(),
    }
}

fn unknown() -> Answer {
    Answer::Unknown {
        why: "no answer".to_owned(),
    }
}

fn remove(user: User) -> Request {
    Request::Remove {
        key: format!("remove {user}"),
        session: S,
        user,
    }
}

#[test]
fn a_conversation_in_which_nothing_goes_wrong_is_sound() {
    let (one, two) = (message(1, "one"), message(2, "two"));
    let mut story = Story::new();
    story
        .said(1, "one")
        .pushed(DESK, 2, one.clone())
        .said(2, "two")
        .pushed(DESK, 2, two.clone());
    story.table(2, &[one.clone(), two.clone()]);
    story
        .view(PHONE, 2, &[one.clone(), two.clone()])
        .view(DESK, 2, &[one.clone(), two.clone()]);
    story.add(What::History {
        user: BOB,
        session: S,
        seen: vec![one, two],
    });
    story.is_sound();
}

#[test]
fn an_acked_message_that_is_not_stored_or_stored_otherwise_is_lost() {
    let mut story = Story::new();
    story.said(1, "one");
    story.clone().table(1, &[message(1, "one")]).is_sound();
    story.clone().table(0, &[]).breaks(Rule::Kept);
    let other = Seen {
        content: "two".to_owned(),
        ..message(1, "one")
    };
    story.clone().table(1, &[other]).breaks(Rule::Kept);
    let by_bob = Seen {
        author: BOB,
        ..message(1, "one")
    };
    story.clone().table(1, &[by_bob]).breaks(Rule::Kept);
    story.table(1, &[message(1, "one")]);
    story
        .add(What::History {
            user: BOB,
            session: S,
            seen: Vec::new(),
        })
        .breaks(Rule::Kept);
}

#[test]
fn what_was_never_acked_may_be_stored_or_not_but_once() {
    let mut story = Story::new();
    let attempt = story.ask(ADA, Via::Rest, send("one"));
    story.answer(attempt, unknown());
    story.asked(ADA, send("one"), ack(&message(1, "one"), true));
    story.clone().table(1, &[message(1, "one")]).is_sound();
    let again = Seen {
        id: Uuid::from_u128(7),
        seq: 2,
        change: 2,
        created_at: "002 one".to_owned(),
        ..message(1, "one")
    };
    story
        .table(2, &[message(1, "one"), again])
        .breaks(Rule::Once);
}

#[test]
fn a_message_that_nobody_sent_or_an_ack_that_changes_is_no_single_message() {
    let mut story = Story::new();
    story.said(1, "one");
    let by_nobody = message(2, "two");
    story
        .clone()
        .table(2, &[message(1, "one"), by_nobody])
        .breaks(Rule::Once);
    let mut twice = story.clone();
    twice
        .asked(ADA, send("one"), ack(&message(1, "one"), true))
        .table(1, &[message(1, "one")])
        .is_sound();
    story
        .asked(ADA, send("one"), ack(&message(2, "one"), true))
        .table(1, &[message(1, "one")])
        .breaks(Rule::Once);
}

#[test]
fn a_first_send_is_no_duplicate_and_a_second_is_not_new() {
    let one = message(1, "one");
    let mut story = Story::new();
    story
        .asked(ADA, send("one"), ack(&one, true))
        .table(1, from_ref(&one))
        .breaks(Rule::Once);
    let mut story = Story::new();
    story
        .said(1, "one")
        .asked(ADA, send("one"), ack(&one, false))
        .table(1, &[one])
        .breaks(Rule::Once);
}

#[test]
fn everybody_sees_a_message_in_the_same_place() {
    let one = message(1, "one");
    let mut story = Story::new();
    story.said(1, "one");
    for other in [
        Seen {
            seq: 2,
            change: 2,
            ..one.clone()
        },
        Seen {
            content: "two".to_owned(),
            ..one.clone()
        },
        Seen {
            author: BOB,
            ..one.clone()
        },
        Seen {
            created_at: "002 one".to_owned(),
            ..one.clone()
        },
        Seen {
            id: Uuid::from_u128(7),
            ..one.clone()
        },
    ] {
        story
            .clone()
            .pushed(DESK, 2, other)
            .table(1, from_ref(&one))
            .breaks(Rule::Order);
    }
    story
        .pushed(DESK, 2, one.clone())
        .table(1, &[one])
        .is_sound();
}

#[test]
fn time_grows_with_place() {
    let (one, two) = (message(1, "one"), message(2, "two"));
    let mut story = Story::new();
    story.said(1, "one").said(2, "two");
    story
        .clone()
        .table(2, &[one.clone(), two.clone()])
        .is_sound();
    let early = Seen {
        created_at: "000 two".to_owned(),
        ..two
    };
    story.table(2, &[one, early]).breaks(Rule::Order);
}

#[test]
fn what_is_sent_after_an_ack_stands_after_it_and_what_is_sent_at_once_may_stand_anywhere() {
    let (one, two) = (message(1, "one"), message(2, "two"));
    let mut story = Story::new();
    story
        .said(2, "two")
        .said(1, "one")
        .table(2, &[one.clone(), two.clone()])
        .breaks(Rule::Order);
    let mut story = Story::new();
    let (first, second) = (
        story.ask(ADA, Via::Rest, send("two")),
        story.ask(ADA, Via::Rest, send("one")),
    );
    story
        .answer(first, ack(&two, false))
        .answer(second, ack(&one, false));
    story.table(2, &[one, two]).is_sound();
}

#[test]
fn a_number_that_stands_for_nothing_or_for_two_things_is_a_hole() {
    let mut story = Story::new();
    story.said(1, "one");
    story
        .clone()
        .table(2, &[message(1, "one")])
        .breaks(Rule::Holes);
    story
        .clone()
        .table(0, &[message(1, "one")])
        .breaks(Rule::Holes);
    let two = Seen {
        seq: 2,
        change: 1,
        ..message(2, "two")
    };
    let mut both = story.clone();
    both.said(2, "two")
        .table(2, &[message(1, "one"), two])
        .breaks(Rule::Holes);
    let push = Push {
        seen: message(1, "one"),
        prev: -1,
    };
    story.add(What::Pushed {
        to: DESK,
        socket: 2,
        session: S,
        push,
    });
    story.table(1, &[message(1, "one")]).breaks(Rule::Holes);
}

#[test]
fn a_page_that_leaves_something_out_is_a_hole() {
    let (one, two) = (message(1, "one"), message(2, "two"));
    let mut story = Story::new();
    story.said(1, "one").said(2, "two");
    let whole = [one.clone(), two.clone()];
    let mut good = story.clone();
    good.paged(DESK, whole.to_vec()).table(2, &whole).is_sound();
    story
        .paged(DESK, vec![two])
        .table(2, &whole)
        .breaks(Rule::Holes);
}

#[test]
fn an_edit_is_applied_as_it_was_acknowledged() {
    let one = message(1, "one");
    let two = edited(&one, 2, "two");
    let mut story = Story::new();
    story
        .said(1, "one")
        .asked(ADA, edit(&one, "two"), ack(&two, false));
    story
        .clone()
        .pushed(DESK, 2, two.clone())
        .table(2, from_ref(&two))
        .is_sound();
    story.clone().table(1, from_ref(&one)).breaks(Rule::Edits);
    let other = Seen {
        content: "three".to_owned(),
        ..two.clone()
    };
    story.clone().table(2, &[other]).breaks(Rule::Edits);
    story.asked(
        ADA,
        edit(&two, "three"),
        ack(
            &Seen {
                rev: 4,
                ..edited(&two, 3, "three")
            },
            false,
        ),
    );
    story
        .table(3, &[edited(&two, 3, "three")])
        .breaks(Rule::Edits);
}

#[test]
fn of_two_edits_of_one_revision_one_is_refused_and_seen_by_nobody() {
    let one = message(1, "one");
    let (two, three) = (edited(&one, 2, "two"), edited(&one, 3, "three"));
    let mut story = Story::new();
    story
        .said(1, "one")
        .asked(ADA, edit(&one, "two"), ack(&two, false));
    let mut both = story.clone();
    both.asked(ADA, edit(&one, "three"), ack(&three, false))
        .table(3, from_ref(&three))
        .breaks(Rule::Edits);
    story.asked(ADA, edit(&one, "three"), refused("conflict"));
    story.clone().table(2, from_ref(&two)).is_sound();
    story
        .pushed(DESK, 2, three)
        .table(2, &[two])
        .breaks(Rule::Edits);
}

#[test]
fn two_who_delete_the_same_have_both_done_it() {
    let one = message(1, "one");
    let gone = Seen {
        deleted: true,
        ..edited(&one, 2, "")
    };
    let delete = |key: &str| Request::Alter {
        key: key.to_owned(),
        session: S,
        message: one.id,
        rev: 1,
        content: None,
    };
    let mut story = Story::new();
    story
        .said(1, "one")
        .asked(ADA, delete("d1"), ack(&gone, false))
        .asked(ADA, delete("d2"), ack(&gone, true));
    story.table(2, &[gone]).is_sound();
}

#[test]
fn a_device_that_lacks_something_or_has_an_old_state_has_not_converged() {
    let (one, two) = (message(1, "one"), message(2, "two"));
    let mut story = Story::new();
    story
        .said(1, "one")
        .said(2, "two")
        .table(2, &[one.clone(), two.clone()]);
    story
        .clone()
        .view(DESK, 2, &[one.clone(), two.clone()])
        .is_sound();
    story
        .clone()
        .view(DESK, 1, &[one.clone(), two.clone()])
        .breaks(Rule::Converged);
    story
        .clone()
        .view(DESK, 2, from_ref(&two))
        .breaks(Rule::Converged);
    story
        .clone()
        .view(DESK, 2, &[one.clone(), Seen { rev: 2, ..two }])
        .breaks(Rule::Converged);
    story
        .add(What::Reset {
            device: DESK,
            session: S,
        })
        .breaks(Rule::Converged);
}

#[test]
fn a_request_without_an_answer_or_refused_without_a_reason_is_not_settled() {
    let mut story = Story::new();
    let attempt = story.ask(ADA, Via::Rest, send("one"));
    story.clone().table(0, &[]).breaks(Rule::Settled);
    story
        .clone()
        .answer(attempt, unknown())
        .table(0, &[])
        .breaks(Rule::Settled);
    story
        .clone()
        .answer(attempt, refused("not_a_member"))
        .table(0, &[])
        .breaks(Rule::Settled);
    story
        .clone()
        .answer(attempt, refused("idempotency_conflict"))
        .table(0, &[])
        .breaks(Rule::Settled);
    story.answer(attempt, ack(&message(1, "one"), false));
    let clash = Request::Send {
        key: "one".to_owned(),
        session: S,
        content: "not one".to_owned(),
    };
    story.asked(ADA, clash, refused("idempotency_conflict"));
    story
        .asked(EVE, send("mine"), refused("not_a_member"))
        .table(1, &[message(1, "one")])
        .is_sound();
}

#[test]
fn a_read_mark_only_moves_forward_and_what_is_unread_is_counted() {
    let seen = [message(1, "one"), message(2, "two")];
    let mut story = Story::new();
    story
        .said(1, "one")
        .said(2, "two")
        .asked(BOB, read(1), Answer::Marked { seq: 1 });
    let mut forward = story.clone();
    forward
        .asked(BOB, read(2), Answer::Marked { seq: 2 })
        .asked(BOB, read(1), Answer::Marked { seq: 2 });
    forward
        .clone()
        .table_with(2, &seen, &[(ADA, 0), (BOB, 2)])
        .is_sound();
    forward
        .table_with(2, &seen, &[(ADA, 0), (BOB, 1)])
        .breaks(Rule::Reads);
    let mut back = story.clone();
    back.asked(BOB, read(2), Answer::Marked { seq: 2 }).asked(
        BOB,
        read(1),
        Answer::Marked { seq: 1 },
    );
    back.table_with(2, &seen, &[(ADA, 0), (BOB, 2)])
        .breaks(Rule::Reads);
    let mut anew = story.clone();
    let let_in = Request::Add {
        key: "add".to_owned(),
        session: S,
        user: BOB,
    };
    anew.asked(BOB, read(2), Answer::Marked { seq: 2 })
        .asked(ADA, remove(BOB), Answer::Done)
        .asked(ADA, let_in, Answer::Done)
        .asked(BOB, read(1), Answer::Marked { seq: 1 });
    anew.table_with(2, &seen, &[(ADA, 0), (BOB, 1)]).is_sound();
    story.table_with(2, &seen, &[(ADA, 0), (BOB, 1)]);
    let listed = |user, read_seq, unread| What::Listed {
        user,
        session: S,
        read_seq,
        unread,
    };
    story
        .clone()
        .add(listed(BOB, 1, 1))
        .add(listed(ADA, 0, 0))
        .is_sound();
    story.clone().add(listed(BOB, 1, 2)).breaks(Rule::Reads);
    story.clone().add(listed(ADA, 0, 2)).breaks(Rule::Reads);
    story.add(listed(BOB, 0, 2)).breaks(Rule::Reads);
}

#[test]
fn nobody_is_shown_what_they_are_no_member_of() {
    let one = message(1, "one");
    let mut story = Story::new();
    story.said(1, "one");
    story
        .clone()
        .pushed(TABLET, 3, one.clone())
        .table(1, from_ref(&one))
        .breaks(Rule::Strangers);
    story
        .clone()
        .paged(TABLET, Vec::new())
        .table(1, from_ref(&one))
        .breaks(Rule::Strangers);
    let peek = Request::Peek {
        key: "peek".to_owned(),
        session: S,
    };
    story
        .clone()
        .asked(EVE, peek.clone(), Answer::Done)
        .table(1, from_ref(&one))
        .breaks(Rule::Strangers);
    story
        .asked(EVE, peek, refused("not_a_member"))
        .table(1, &[one])
        .is_sound();
}

#[test]
fn whoever_was_shown_out_is_shown_what_was_said_before_and_nothing_of_later() {
    let (one, two) = (message(1, "one"), message(2, "two"));
    let mut story = Story::new();
    story.said(1, "one").asked(ADA, remove(BOB), Answer::Done);
    let table = |story: &mut Story| {
        story
            .table_with(2, &[one.clone(), two.clone()], &[(ADA, 0)])
            .clone()
    };
    // It was on its way.
    let mut late = story.clone();
    table(late.pushed(DESK, 2, one.clone()).said(2, "two")).is_sound();
    let mut later = story.clone();
    table(later.said(2, "two").pushed(DESK, 2, two.clone())).breaks(Rule::Strangers);
    let mut page = story.clone();
    table(page.said(2, "two").paged(DESK, vec![one.clone()])).breaks(Rule::Strangers);
    let let_in = Request::Add {
        key: "add".to_owned(),
        session: S,
        user: BOB,
    };
    story
        .said(2, "two")
        .asked(ADA, let_in, Answer::Done)
        .paged(DESK, vec![one.clone(), two.clone()]);
    story.table(2, &[one.clone(), two.clone()]).is_sound();
}

#[test]
fn who_was_shown_out_while_redis_was_cut_reads_on_for_five_seconds_at_most() {
    let one = message(1, "one");
    let mut story = Story::new();
    story.said(1, "one").fault("redis-cut", true);
    story
        .asked(ADA, remove(BOB), Answer::Done)
        .fault("redis-cut", false);
    let table = |story: &mut Story| {
        let left = [(ADA, 0)];
        story.table_with(1, from_ref(&one), &left).clone()
    };
    let mut soon = story.clone();
    table(soon.later(4).paged(DESK, vec![one.clone()])).is_sound();
    let mut late = story.clone();
    table(late.later(6).paged(DESK, vec![one.clone()])).breaks(Rule::Strangers);
}

#[test]
fn a_complete_page_has_what_was_acked_before_it_was_asked() {
    let (one, two) = (message(1, "one"), message(2, "two"));
    let mut story = Story::new();
    story.said(1, "one");
    let mut before = story.clone();
    before.paged(DESK, vec![one.clone()]).said(2, "two");
    before.table(2, &[one.clone(), two.clone()]).is_sound();
    let mut after = story.said(2, "two").clone();
    after.paged(DESK, vec![one.clone(), two.clone()]);
    after.table(2, &[one.clone(), two.clone()]).is_sound();
    story.paged(DESK, vec![one.clone()]);
    story.table(2, &[one, two]).breaks(Rule::Fresh);
}

#[test]
fn what_was_acked_without_redis_is_on_every_page_five_seconds_after_it_is_back() {
    let (one, two) = (message(1, "one"), message(2, "two"));
    let mut story = Story::new();
    story.said(1, "one").fault("redis-cut", true);
    story.said_without_redis(2, "two").fault("redis-cut", false);
    let page = |story: &Story, seconds: u64| {
        let mut story = story.clone();
        story.later(seconds).paged(DESK, vec![one.clone()]);
        story.table(2, &[one.clone(), two.clone()]).clone()
    };
    page(&story, 4).is_sound();
    page(&story, 6).breaks(Rule::Fresh);
    story.later(3).fault("redis-slow", true);
    story.fault("redis-slow", false);
    page(&story, 4).is_sound();
    page(&story, 6).breaks(Rule::Fresh);
}

#[test]
fn a_pong_names_what_was_acked_five_seconds_before() {
    let one = message(1, "one");
    let mut story = Story::new();
    story.said(1, "one");
    let pong = |seconds: u64, behind: &[Session]| {
        let mut story = story.clone();
        let asked = story.later(seconds).now();
        story.add(What::Ponged {
            to: DESK,
            asked,
            cursors: vec![(S, 0)],
            behind: behind.to_vec(),
        });
        story.table(1, from_ref(&one)).clone()
    };
    pong(4, &[]).is_sound();
    pong(6, &[S]).is_sound();
    pong(6, &[]).breaks(Rule::Fresh);
}

#[test]
fn in_the_calm_every_other_socket_is_pushed_a_message_once() {
    let one = message(1, "one");
    let mut story = Story::new();
    story.add(What::Calm).said(1, "one");
    let once = |story: &mut Story| story.pushed(DESK, 2, message(1, "one")).clone();
    once(&mut story.clone()).table(1, from_ref(&one)).is_sound();
    story.clone().table(1, from_ref(&one)).breaks(Rule::Pushed);
    once(&mut once(&mut story.clone()))
        .table(1, from_ref(&one))
        .breaks(Rule::Pushed);
    once(&mut story)
        .pushed(PHONE, 1, one.clone())
        .table(1, &[one])
        .breaks(Rule::Pushed);
}

#[test]
fn before_the_calm_a_push_may_be_lost_but_does_not_come_back_to_its_sender() {
    let one = message(1, "one");
    let mut story = Story::new();
    story.said(1, "one");
    story.clone().table(1, from_ref(&one)).is_sound();
    story
        .pushed(PHONE, 1, one.clone())
        .table(1, &[one])
        .breaks(Rule::Pushed);
}
