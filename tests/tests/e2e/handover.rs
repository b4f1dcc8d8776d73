//! A socket's two hours end without its client missing or repeating anything.

use std::{collections::BTreeSet, time::Duration};

use serde_json::{Value, json};
use tests::{Conversation, Device, TestStack, User};
use tokio::{task::JoinHandle, time::sleep};

const HOURS: u64 = 3_600;

/// The gateway's own two hours, without its ten idle minutes: time jumps here.
async fn start() -> TestStack {
    TestStack::with()
        .socket_ends(
            Duration::from_secs(3 * HOURS),
            Duration::from_secs(2 * HOURS),
        )
        .no_schedules()
        .start()
        .await
}

async fn pass(stack: &TestStack, seconds: u64) {
    let span = Duration::from_secs(seconds);
    stack.stack().clock().advance(span).await.unwrap();
}

/// Pings and gives what came before and with the pong.
async fn ping(device: &mut Device) -> Vec<Value> {
    device.send(&json!({"type": "ping"})).await;
    device.next_of("pong").await;
    device.pushes()
}

#[tokio::test]
async fn a_client_is_told_before_its_two_hours_end_and_not_before_that() {
    let stack = start().await;
    let ada = stack.guest().await;
    let mut phone = ada.device("phone").await;
    assert!(ping(&mut phone).await.is_empty());
    pass(&stack, 2 * HOURS - 300).await;
    assert!(ping(&mut phone).await.is_empty(), "five minutes are long");
    pass(&stack, 60).await;
    for _ in 0..2 {
        let told = ping(&mut phone).await;
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(told[0]["type"], "goaway");
        let left = told[0]["in_ms"].as_u64().unwrap();
        assert!((200_000..=240_000).contains(&left), "{left}");
    }
    // A younger socket of the same user is not meant.
    let mut laptop = ada.device("laptop").await;
    assert!(ping(&mut laptop).await.is_empty());
    pass(&stack, 241).await;
    assert_eq!(phone.closed().await.code, 1001);
}

/// What a client shows, by the rules of the protocol.
#[derive(Default)]
struct Client {
    cursor: i64,
    /// In the order in which they came to be shown.
    shown: Vec<i64>,
    holes: BTreeSet<i64>,
}

impl Client {
    fn take(&mut self, frame: &Value) {
        if frame["type"] == "message" {
            let change = frame["message"]["change"].as_i64().unwrap();
            self.show(change);
            let mut next = self.cursor + 1;
            while self.holes.remove(&next) {
                (self.cursor, next) = (next, next + 1);
            }
        }
    }

    fn show(&mut self, change: i64) {
        if change > self.cursor && self.holes.insert(change) {
            self.shown.push(change);
        }
    }

    fn catch_up(&mut self, page: &Value) {
        assert_eq!(page["complete"], true, "{page}");
        for message in page["messages"].as_array().unwrap() {
            self.show(message["change"].as_i64().unwrap());
        }
        self.cursor = page["change"].as_i64().unwrap();
        self.holes.retain(|change| *change > self.cursor);
    }
}

/// Somebody who says something every few milliseconds until told to stop.
fn keep_talking(shop: User, session: String, count: i64) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut desk = shop.device("desk").await;
        for n in 1..=count {
            let ack = desk.message(&session, &n.to_string()).await;
            assert_eq!(ack["message"]["change"], n);
            sleep(Duration::from_millis(3)).await;
        }
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_moves_to_a_second_socket_without_a_gap_or_a_double() {
    const COUNT: i64 = 150;
    let stack = start().await;
    let Conversation { ada, shop, session } = stack.conversation().await;
    let mut first = ada.device("phone").await;
    pass(&stack, 2 * HOURS - 200).await;
    let talk = keep_talking(shop, session.clone(), COUNT);
    let mut client = Client::default();
    while client.shown.len() < 30 {
        client.take(&first.next_of("message").await);
    }

    first.send(&json!({"type": "ping"})).await;
    let mut told = false;
    while !told {
        let frame = first.next().await;
        told = frame["type"] == "goaway";
        client.take(&frame);
    }
    let mut second = ada.device("phone").await;
    // Both are open: what the first still brings is taken along, and the second brings it too.
    for _ in 0..10 {
        client.take(&first.next_of("message").await);
    }
    let cursors = json!({session.as_str(): client.cursor});
    let synced = second
        .request(json!({"type": "sync", "cursors": cursors}))
        .await;
    client.catch_up(&synced["sessions"][0]);
    let at_the_change = client.shown.len();
    first.close().await;
    assert!(
        at_the_change < COUNT as usize,
        "nobody was talking any more"
    );
    while client.cursor < COUNT {
        client.take(&second.next().await);
    }
    talk.await.unwrap();
    let mut shown = client.shown.clone();
    shown.sort_unstable();
    assert_eq!(shown, (1..=COUNT).collect::<Vec<_>>());
}
