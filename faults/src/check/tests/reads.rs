//! Read marks.

use super::story::{ADA, BOB, S, Story, message, read, remove};
use crate::{
    check::Rule,
    history::{Answer, Request, What},
};

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
