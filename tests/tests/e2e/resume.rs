//! A device that was away catches up and can prove that it has everything.

use serde_json::{Value, json};
use tests::{Conversation, TestStack};

fn changes(page: &Value) -> Vec<i64> {
    let messages = page["messages"]
        .as_array()
        .unwrap_or_else(|| panic!("no messages in {page}"));
    messages
        .iter()
        .map(|message| message["change"].as_i64().unwrap())
        .collect()
}

#[tokio::test]
async fn a_device_that_was_cut_off_has_everything_after_one_sync() {
    let stack = TestStack::start().await;
    let Conversation { ada, shop, session } = stack.conversation().await;
    let phone = ada.device("phone").await;
    let mut desk = shop.device("desk").await;
    desk.message(&session, "Before").await;

    phone.vanish();
    for n in 1..=5 {
        desk.message(&session, &format!("While away {n}")).await;
    }
    let mut phone = ada.device("phone").await;
    let synced = phone
        .request(json!({"type": "sync", "cursors": {session.as_str(): 1}}))
        .await;
    let page = &synced["sessions"][0];
    assert_eq!(changes(page), [2, 3, 4, 5, 6]);
    assert_eq!(
        (&page["change"], &page["complete"]),
        (&json!(6), &json!(true))
    );

    desk.message(&session, "Welcome back").await;
    assert_eq!(
        phone.next_of("message").await["prev"],
        6,
        "the push follows on what the sync gave"
    );
}

#[tokio::test]
async fn since_takes_a_change_a_time_or_a_message() {
    let stack = TestStack::start().await;
    let ada = stack.guest().await;
    let session = ada.open_session("Kettles").await;
    let mut phone = ada.device("phone").await;
    let mut acks = Vec::new();
    for n in 1..=6 {
        acks.push(phone.message(&session, &format!("Message {n}")).await["message"].clone());
    }
    let third = &acks[2];
    let cursors = [
        ("after_change", "3".to_owned()),
        ("since", third["created_at"].as_str().unwrap().to_owned()),
        ("after_id", third["id"].as_str().unwrap().to_owned()),
    ];
    // From the list in Redis first, then without it from PostgreSQL.
    for cached in [true, false] {
        if !cached {
            stack.stop_redis().await;
        }
        for (name, value) in &cursors {
            let page = ada.rest.since(&session, &[(name, value)]).await.ok();
            assert_eq!(changes(&page), [4, 5, 6], "{name}, cached: {cached}");
            assert_eq!(
                (&page["message_count"], &page["complete"]),
                (&json!(3), &json!(true))
            );
            assert_eq!(
                (&page["change"], &page["session_id"]),
                (&json!(6), &json!(session))
            );
        }
        let all = ada
            .rest
            .since(&session, &[("since", "2024-01-01T00:00:00Z")])
            .await
            .ok();
        assert_eq!(changes(&all), [1, 2, 3, 4, 5, 6]);
        assert_eq!(all["since"], "2024-01-01T00:00:00Z");
        let none = ada
            .rest
            .since(&session, &[("since", "2999-01-01T00:00:00+01:00")])
            .await
            .ok();
        assert_eq!((changes(&none), &none["change"]), (vec![], &json!(6)));
    }
}

#[tokio::test]
async fn pages_lead_to_the_end_and_say_so() {
    let stack = TestStack::start().await;
    let ada = stack.guest().await;
    let session = ada.open_session("Long").await;
    let mut phone = ada.device("phone").await;
    // More than the recent list holds, so that the pages come from PostgreSQL and from Redis.
    for n in 1..=230 {
        phone.message(&session, &format!("Message {n}")).await;
    }
    let (mut seen, mut cursor, mut pages) = (Vec::new(), 0, 0);
    loop {
        let page = ada
            .rest
            .since(
                &session,
                &[("after_change", &cursor.to_string()), ("limit", "50")],
            )
            .await
            .ok();
        seen.extend(changes(&page));
        pages += 1;
        cursor = page["change"].as_i64().unwrap();
        if page["complete"] == true {
            break;
        }
    }
    assert_eq!(pages, 5);
    assert_eq!(seen, (1..=230).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_sync_fits_into_one_frame_and_the_rest_is_to_be_had_over_rest() {
    let stack = TestStack::start().await;
    let ada = stack.guest().await;
    let (large, small) = (
        ada.open_session("Large").await,
        ada.open_session("Small").await,
    );
    let mut phone = ada.device("phone").await;
    let text = "kettle ".repeat(1_400);
    for _ in 0..4 {
        phone.message(&large, &text).await;
    }
    phone.message(&small, "Hello").await;

    let synced = phone
        .request(json!({"type": "sync", "cursors": {large.as_str(): 0, small.as_str(): 0}}))
        .await;
    assert!(
        synced.to_string().len() <= 28 * 1024,
        "{} bytes",
        synced.to_string().len()
    );
    let page = synced["sessions"]
        .as_array()
        .unwrap()
        .iter()
        .find(|page| page["session_id"] == large)
        .unwrap();
    assert_eq!(
        (changes(page), &page["change"], &page["complete"]),
        (vec![1, 2], &json!(2), &json!(false))
    );
    let rest = ada.rest.since(&large, &[("after_change", "2")]).await.ok();
    assert_eq!(
        (changes(&rest), &rest["complete"]),
        (vec![3, 4], &json!(true))
    );
}

#[tokio::test]
async fn a_ping_finds_what_a_push_lost() {
    // Without pushes every message is one that a healthy socket was never told of.
    let stack = TestStack::with().variable("PUSH", "off").start().await;
    let Conversation { ada, shop, session } = stack.conversation().await;
    let mut phone = ada.device("phone").await;
    let mut desk = shop.device("desk").await;
    phone
        .request(json!({"type": "sync", "cursors": {session.as_str(): 0}}))
        .await;

    let ping = |change: i64| json!({"type": "ping", "cursors": {session.as_str(): change}});
    phone.send(&ping(0)).await;
    assert_eq!(phone.next_of("pong").await["behind"], json!([]));
    desk.message(&session, "Nobody tells you").await;
    phone.send(&ping(0)).await;
    assert_eq!(phone.next_of("pong").await["behind"], json!([session]));
    phone.send(&ping(1)).await;
    assert_eq!(phone.next_of("pong").await["behind"], json!([]));
}
