//! Alterations and conflicts.

use std::slice::from_ref;

use super::story::{ADA, DESK, S, Story, ack, edit, edited, message, refused};
use crate::{
    check::Rule,
    history::{Request, Seen},
};

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
