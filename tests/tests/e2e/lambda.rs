//! The ways in which Lambda runs a function: frozen between its events, or with several of them at once.

use futures_util::future::join_all;
use serde_json::json;
use tests::{Conversation, TestStack};

#[tokio::test]
async fn one_process_that_has_eight_events_at_once_acks_every_message_in_its_order() {
    let stack = TestStack::with()
        .no_schedules()
        .lambda(|options| (options.concurrency, options.max_environments) = (8, 1))
        .start()
        .await;
    let Conversation { ada, shop, session } = stack.conversation().await;
    let mut phone = ada.device("phone").await;
    let sends = (0..24).map(|n| {
        let (shop, session) = (&shop, &session);
        async move {
            let sent = shop.rest.send(session, &format!("m{n}"), "Hello").await;
            sent.ok()["message"]["seq"].as_i64()
        }
    });
    let mut numbers = join_all(sends).await;
    numbers.sort();
    assert_eq!(numbers, (1..=24).map(Some).collect::<Vec<_>>());
    let sync = json!({"type": "sync", "cursors": {session.as_str(): 0}});
    let synced = phone.request(sync).await;
    assert_eq!(synced["sessions"][0]["change"], 24);
    let busy = stack.stack().lambda().status();
    assert!(busy["RestSyncFunction"].idle <= 8, "{busy:?}");
}

#[tokio::test]
async fn functions_that_are_frozen_between_events_keep_their_connections() {
    let stack = TestStack::with()
        .no_schedules()
        .lambda(|options| options.freeze = true)
        .start()
        .await;
    let Conversation { ada, shop, session } = stack.conversation().await;
    let (mut phone, mut desk) = (ada.device("phone").await, shop.device("desk").await);
    for n in 1..=10 {
        assert_eq!(desk.message(&session, "Hello").await["message"]["seq"], n);
        assert_eq!(phone.next_of("message").await["message"]["seq"], n);
    }
}
