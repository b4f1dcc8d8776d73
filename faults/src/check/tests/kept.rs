//! Kept and once: what was acknowledged is stored, and stored once.

use std::slice::from_ref;

use uuid::Uuid;

use super::story::{ADA, BOB, S, Story, ack, message, send, unknown};
use crate::{
    check::Rule,
    history::{Seen, Via, What},
};

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
