//! Faults that were asked for.

use super::{
    functions::ok,
    world::{Setup, World},
};
use crate::dials::{Dials, PostFault};

async fn world(dials: &Dials) -> World {
    Setup::new()
        .one_way("$connect", |_| ok())
        .one_way("$disconnect", |_| ok())
        .dials(dials)
        .start()
        .await
}

#[tokio::test]
async fn a_post_that_is_lost_or_made_twice_is_answered_like_any_other() {
    let dials = Dials::default();
    let world = world(&dials).await;
    let mut client = world.open("/prod").await;
    let target = format!("POST /prod/@connections/{}", world.connection_id());
    dials.posts().set(PostFault::Lose, 1, None);
    dials.posts().set(PostFault::Duplicate, 1, None);
    for text in ["one", "two", "three"] {
        let answer = world.request(&target, &[], text.as_bytes()).await;
        assert!(answer.is(200, ""), "{answer:?}");
    }
    for text in ["two", "two", "three"] {
        assert_eq!(client.next().await, text);
    }
}

#[tokio::test]
async fn sockets_that_are_cut_end_without_a_close_frame_and_new_ones_open() {
    let dials = Dials::default();
    let world = world(&dials).await;
    let mut client = world.open("/prod").await;
    dials.sockets().cut();
    assert_eq!(client.closed().await, None);
    let event = world.event("$disconnect", 0).await;
    assert_eq!(event["requestContext"]["disconnectStatusCode"], 1006);
    world.open("/prod").await.send("hello").await;
}
