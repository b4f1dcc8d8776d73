//! Everybody has everything.

use std::slice::from_ref;

use super::story::{BOB, DESK, PHONE, S, Story, message};
use crate::{
    check::Rule,
    history::{Seen, What},
};

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
