//! Nobody is shown what is not theirs.

use std::slice::from_ref;

use super::story::{ADA, BOB, DESK, EVE, S, Story, TABLET, message, refused, remove};
use crate::{
    check::Rule,
    history::{Answer, Request},
};

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
