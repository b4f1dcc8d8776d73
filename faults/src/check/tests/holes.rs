//! Numbers without a hole.

use super::story::{DESK, S, Story, message};
use crate::{
    check::Rule,
    history::{Push, Seen, What},
};

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
