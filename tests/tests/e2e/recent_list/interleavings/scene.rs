//! Who meets whom.

use super::step::{
    Step::{self, Ack, Announce, Append, Evict, Flush, Send, Settle},
    alters, refills, sends,
};

/// Actors whose steps are dealt into every order.
pub(super) struct Scene {
    pub(super) name: &'static str,
    pub(super) actors: Vec<Vec<Step>>,
}

/// The small ones first. Message 3 is in the list, message 1 is not.
pub(super) fn scenes() -> Vec<Scene> {
    let repeats = |who: char| vec![Announce(who), Send(who), Settle(who)];
    // Redis was away for the announcement, and there for the rest.
    let unannounced = |who: char| vec![Send(who), Append(who)];
    let scene = |name, actors| Scene { name, actors };
    vec![
        scene(
            "a send that could not be appended, and two refills",
            vec![
                vec![Announce('a'), Send('a'), Ack('a')],
                refills('r'),
                refills('s'),
            ],
        ),
        scene(
            "a send that could not be announced, an edit and a refill",
            vec![unannounced('a'), alters('e', 4), refills('r')],
        ),
        scene(
            "two edits of one message and a refill",
            vec![alters('d', 3), alters('e', 3), refills('r')],
        ),
        scene(
            "an edit of something old and two refills",
            vec![alters('e', 1), refills('r'), refills('s')],
        ),
        scene(
            "a send whose connection broke, another send and a refill",
            vec![repeats('a'), sends('e'), refills('r')],
        ),
        scene(
            "a send, an edit and an eviction",
            vec![sends('a'), alters('e', 3), vec![Evict]],
        ),
        scene(
            "a send, a refill and an eviction",
            vec![sends('a'), refills('r'), vec![Evict]],
        ),
        scene(
            "a send, an edit, a slow refill and a flush",
            vec![sends('a'), alters('e', 3), refills('r'), vec![Flush]],
        ),
    ]
}
