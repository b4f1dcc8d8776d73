//! Pushes while nothing is broken.

use std::slice::from_ref;

use super::story::{DESK, PHONE, Story, message};
use crate::{check::Rule, history::What};

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
