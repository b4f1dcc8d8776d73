//! What each path may cost, in round trips. Counted, so that a noisy machine cannot hide a change.

use std::time::Duration;

use serde_json::json;
use tests::{Conversation, Counts, Device, TestStack, User};
use tokio::join;

/// After what was expected, for one frame too many.
const ONE_MORE: Duration = Duration::from_millis(300);

/// Three sockets that have all spoken, so that every function has its connections.
struct Scene {
    stack: TestStack,
    ada: User,
    session: String,
    phone: Device,
    laptop: Device,
    desk: Device,
}

async fn scene() -> Scene {
    let stack = TestStack::with().no_schedules().start().await;
    let Conversation { ada, shop, session } = stack.conversation().await;
    let (mut phone, mut laptop) = (ada.device("phone").await, ada.device("laptop").await);
    let mut desk = shop.device("desk").await;
    phone.message(&session, "Warm").await;
    laptop.next_of("message").await;
    desk.next_of("message").await;
    ada.rest
        .since(&session, &[("after_change", "0")])
        .await
        .ok();
    Scene {
        stack,
        ada,
        session,
        phone,
        laptop,
        desk,
    }
}

impl Scene {
    /// Each post to the management API is a frame of a socket, so there is none beyond those that a test has taken.
    async fn no_other_post(&mut self) {
        join!(
            self.phone.silence(ONE_MORE),
            self.laptop.silence(ONE_MORE),
            self.desk.silence(ONE_MORE)
        );
    }
}

fn assert_cost(stack: &TestStack, counts: &Counts, statements: u64, redis: u64) {
    // There a trip goes to several nodes at the same time: `cluster.rs` measures how many follow each other.
    let redis = match stack.has_cluster() {
        true => counts.redis_reads.max(redis),
        false => redis,
    };
    assert_eq!(
        (counts.statement_calls(), counts.redis_reads),
        (statements, redis),
        "{counts:#?}"
    );
}

#[tokio::test]
async fn a_send_costs_one_statement_two_trips_to_redis_and_a_post_for_each_other_socket() {
    let mut scene = scene().await;
    let (ack, counts) = scene
        .stack
        .counting(scene.phone.message(&scene.session, "Counted"))
        .await;
    assert_eq!(ack["type"], "ack");
    assert_cost(&scene.stack, &counts, 1, 2);
    // The two others get one frame each; the sender's own socket gets nothing but the ack.
    assert_eq!(scene.laptop.next_of("message").await["prev"], 1);
    assert_eq!(scene.desk.next_of("message").await["prev"], 1);
    scene.no_other_post().await;
}

/// Commands that a send has Redis do, those within its scripts among them.
const COMMANDS: u64 = 25;
/// Rows that its statement gives.
const ROWS: u64 = 1;

#[tokio::test]
async fn a_send_has_redis_do_no_more_commands_than_it_did() {
    let mut scene = scene().await;
    let send = scene.phone.message(&scene.session, "Counted");
    let (_, counts) = scene.stack.counting(send).await;
    let commands: u64 = counts.commands.values().sum();
    assert!(commands <= COMMANDS, "{counts:#?}");
    assert_eq!(counts.rows, ROWS, "{counts:#?}");
}

#[tokio::test]
async fn an_edit_and_a_deletion_cost_as_much_as_a_send() {
    let mut scene = scene().await;
    let said = scene.phone.message(&scene.session, "Counted").await["message"].take();
    let edit = scene.phone.edit(&said, 1, "Counted again");
    let (ack, counts) = scene.stack.counting(edit).await;
    assert_eq!(ack["message"]["rev"], 2, "{ack}");
    assert_cost(&scene.stack, &counts, 1, 2);
    let (ack, counts) = scene.stack.counting(scene.phone.delete(&said, 2)).await;
    assert_eq!(ack["message"]["rev"], 3, "{ack}");
    assert_cost(&scene.stack, &counts, 1, 2);
    for device in [&mut scene.laptop, &mut scene.desk] {
        assert_eq!(device.next_of("message_updated").await["prev"], 2);
        assert_eq!(device.next_of("message_deleted").await["prev"], 3);
    }
    // But for the message itself.
    scene.laptop.next_of("message").await;
    scene.desk.next_of("message").await;
    scene.no_other_post().await;
    // Both went into the recent list, so that a sync asks nobody else.
    let since = scene
        .ada
        .rest
        .since(&scene.session, &[("after_change", "1")]);
    let (page, counts) = scene.stack.counting(since).await;
    assert_eq!(page.ok()["messages"][0]["change"], 4);
    assert_eq!(counts.statement_calls(), 0, "{counts:#?}");
}

#[tokio::test]
async fn a_ping_costs_one_trip_to_redis() {
    let mut scene = scene().await;
    let ping = json!({"type": "ping", "cursors": {scene.session.as_str(): 1}});
    let work = async {
        scene.phone.send(&ping).await;
        scene.phone.next_of("pong").await
    };
    let (pong, counts) = scene.stack.counting(work).await;
    assert_eq!(pong["behind"], json!([]));
    assert_cost(&scene.stack, &counts, 0, 1);
    scene.no_other_post().await;
}

#[tokio::test]
async fn a_ticket_costs_one_statement_and_one_trip_to_redis() {
    let scene = scene().await;
    let ticket = scene.ada.rest.ticket("tablet");
    let (reply, counts) = scene.stack.counting(ticket).await;
    assert_eq!(reply.status, 201);
    assert_cost(&scene.stack, &counts, 1, 1);
}

#[tokio::test]
async fn a_connect_costs_two_trips_to_redis() {
    let mut scene = scene().await;
    let url = scene.ada.ticket_url("tablet").await;
    let (mut socket, counts) = scene.stack.counting(tests::Socket::connect(&url)).await;
    assert_cost(&scene.stack, &counts, 0, 2);
    join!(scene.no_other_post(), socket.silence(ONE_MORE));
    socket.close().await;
}

#[tokio::test]
async fn a_sync_within_the_recent_list_costs_no_statement() {
    let scene = scene().await;
    let (page, counts) = scene
        .stack
        .counting(
            scene
                .ada
                .rest
                .since(&scene.session, &[("after_change", "0")]),
        )
        .await;
    assert_eq!(page.ok()["message_count"], 1);
    assert_eq!(counts.statement_calls(), 0, "{counts:#?}");
    assert!(
        scene.stack.has_cluster() || counts.redis_reads <= 2,
        "{counts:#?}"
    );
}

#[tokio::test]
async fn a_sync_by_a_socket_costs_no_statement_either() {
    let mut scene = scene().await;
    let sync = json!({"type": "sync", "cursors": {scene.session.as_str(): 0}});
    let (page, counts) = scene.stack.counting(scene.phone.request(sync)).await;
    assert_eq!(page["sessions"][0]["complete"], true, "{page}");
    assert_cost(&scene.stack, &counts, 0, 2);
    scene.no_other_post().await;
}

#[tokio::test]
async fn typing_costs_one_trip_to_redis_once_its_audience_is_known() {
    let mut scene = scene().await;
    let typing = |typing: bool| json!({"type": "user_typing", "session_id": scene.session, "typing": typing});
    scene.phone.send(&typing(true)).await;
    scene.desk.next_of("user_typing").await;
    scene.laptop.next_of("user_typing").await;
    let work = async {
        scene.phone.send(&typing(false)).await;
        scene.desk.next_of("user_typing").await;
        scene.laptop.next_of("user_typing").await;
    };
    let ((), counts) = scene.stack.counting(work).await;
    assert_cost(&scene.stack, &counts, 0, 1);
    scene.no_other_post().await;
}
