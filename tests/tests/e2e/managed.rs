//! Many frames at a time in one process: Lambda's managed instances, as the template's parameter has them.

use futures_util::future::join_all;
use serde_json::Value;
use tests::{Conversation, Device, TestStack};

/// Sockets that send at the same time.
const SENDERS: usize = 8;

#[tokio::test]
async fn one_process_answers_what_many_send_at_once_and_every_device_has_it_all() {
    let stack = TestStack::with()
        .no_schedules()
        .parameter("Instances", "managed")
        .parameter("InstanceConcurrency", "16")
        .start()
        .await;
    let Conversation { ada, shop, session } = stack.conversation().await;
    let mut desk = shop.device("desk").await;
    let mut phones = Vec::new();
    for number in 0..SENDERS {
        phones.push(ada.device(&format!("phone-{number}")).await);
    }
    let send = async |phone: &mut Device| phone.message(&session, "At once").await;
    let acks = join_all(phones.iter_mut().map(send)).await;
    let mut acked: Vec<_> = acks.iter().map(|ack| seq(&ack["message"])).collect();
    acked.sort_unstable();
    assert_eq!(acked, (1..=SENDERS as i64).collect::<Vec<_>>());
    let mut seen = Vec::new();
    for _ in 0..SENDERS {
        seen.push(seq(&desk.next_of("message").await["message"]));
    }
    seen.sort_unstable();
    assert_eq!(seen, acked);
    let status = stack.stack().lambda().status();
    assert!(!status.contains_key("WsMessageFunction"), "{status:?}");
    // Two processes would have and wait for twice as many.
    let managed = &status["WsMessageManagedFunction"];
    assert!(
        (SENDERS..=16).contains(&(managed.idle + managed.busy)),
        "{status:?}"
    );
}

fn seq(message: &Value) -> i64 {
    message["seq"]
        .as_i64()
        .unwrap_or_else(|| panic!("no seq in {message}"))
}
