//! Every request has its answer.

use super::story::{ADA, EVE, S, Story, ack, message, refused, send, unknown};
use crate::{
    check::Rule,
    history::{Request, Via},
};

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
