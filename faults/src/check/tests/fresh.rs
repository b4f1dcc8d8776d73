//! Whoever is told that they have everything has it.

use std::slice::from_ref;

use super::story::{DESK, S, Story, message};
use crate::{
    check::Rule,
    history::{Session, What},
};

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
