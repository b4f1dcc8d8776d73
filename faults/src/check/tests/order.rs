//! One order for everybody.

use std::slice::from_ref;

use uuid::Uuid;

use super::story::{ADA, BOB, DESK, Story, ack, message, send};
use crate::{
    check::Rule,
    history::{Seen, Via},
};

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
