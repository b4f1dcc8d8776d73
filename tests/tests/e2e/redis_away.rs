//! Redis may vanish at any moment: it is slower for a while, and nothing is lost.

use std::{
    future::pending,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::json;
use shared::{
    cache::{Cache, CacheError},
    config::Secret,
};
use tests::{Conversation, TestStack};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    time::sleep,
};

#[tokio::test]
async fn without_redis_sends_are_stored_and_sync_answers_and_with_it_everything_heals() {
    let stack = TestStack::with()
        .one_process_each()
        .no_schedules()
        .start()
        .await;
    let Conversation { ada, shop, session } = stack.conversation().await;
    let (mut phone, mut desk) = (ada.device("phone").await, shop.device("desk").await);
    phone.message(&session, "One").await;
    assert_eq!(desk.next_of("message").await["message"]["seq"], 1);

    stack.stop_redis().await;
    let ack = phone.message(&session, "Two").await;
    assert_eq!(
        (&ack["type"], &ack["message"]["seq"]),
        (&json!("ack"), &json!(2))
    );
    assert_eq!(
        shop.rest
            .since(&session, &[("after_change", "1")])
            .await
            .ok()["message_count"],
        1
    );
    let synced = desk
        .request(json!({"type": "sync", "cursors": {session.as_str(): 1}}))
        .await;
    assert_eq!(synced["sessions"][0]["messages"][0]["content"], "Two");
    let pong = ping(&mut desk, &session, 1).await;
    assert_eq!(
        pong["behind"],
        json!([session]),
        "what nobody can know may have been missed"
    );
    let mut tablet = ada.device("tablet").await;
    assert_eq!(
        tablet
            .message(&session, "Three, from a socket that opened meanwhile")
            .await["type"],
        "ack"
    );

    stack.start_redis().await;
    // A ping registers each connection again; the next sync refills the list.
    for device in [&mut phone, &mut desk, &mut tablet] {
        ping(device, &session, 3).await;
    }
    shop.rest
        .since(&session, &[("after_change", "0")])
        .await
        .ok();
    assert_eq!(ping(&mut desk, &session, 3).await["behind"], json!([]));
    assert_eq!(phone.message(&session, "Four").await["message"]["seq"], 4);
    assert_eq!(desk.next_of("message").await["message"]["content"], "Four");
    assert_eq!(
        tablet.next_of("message").await["message"]["content"],
        "Four"
    );

    let (page, counts) = stack
        .counting(shop.rest.since(&session, &[("after_change", "0")]))
        .await;
    assert_eq!(page.ok()["message_count"], 4);
    assert_eq!(
        counts.statement_calls(),
        0,
        "the list is in Redis again: {counts:#?}"
    );
}

async fn ping(device: &mut tests::Device, session: &str, change: i64) -> serde_json::Value {
    device
        .send(&json!({"type": "ping", "cursors": {session: change}}))
        .await;
    device.next_of("pong").await
}

/// A sync waits for a Redis that does not answer once, and not for each of its sessions: with these it would take 15 seconds.
#[tokio::test]
async fn a_sync_of_many_sessions_comes_to_its_end_while_redis_is_slow() {
    const SESSIONS: usize = 30;
    let stack = TestStack::with()
        .no_schedules()
        .variable("LIMITS", "off")
        .start()
        .await;
    let ada = stack.guest().await;
    let mut phone = ada.device("phone").await;
    let mut cursors = serde_json::Map::new();
    for _ in 0..SESSIONS {
        let session = ada.open_session("Kettles").await;
        phone.message(&session, "One").await;
        cursors.insert(session, json!(0));
    }
    let redis = stack.stack().dials().redis();
    redis.slow(Duration::from_secs(2)).unwrap();
    let began = Instant::now();
    let synced = phone
        .request(json!({"type": "sync", "cursors": cursors}))
        .await;
    let took = began.elapsed();
    redis.restore().unwrap();
    let sessions = synced["sessions"].as_array().unwrap();
    assert!(
        sessions.iter().all(|session| session["complete"] == true),
        "{synced}"
    );
    assert_eq!(sessions.len(), SESSIONS);
    assert!(took < Duration::from_secs(10), "{took:?}");
}

/// Lets Redis through until it is told to say nothing any more to those who are connected; others get through then as before.
async fn link(redis: String, silent: Arc<AtomicBool>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut near, _) = listener.accept().await.unwrap();
            let mut far = TcpStream::connect(&redis).await.unwrap();
            let late = silent.load(Ordering::SeqCst);
            let silent = silent.clone();
            tokio::spawn(async move {
                let silence = async {
                    while late || !silent.load(Ordering::SeqCst) {
                        sleep(Duration::from_millis(10)).await;
                    }
                };
                tokio::select! {
                    _ = copy_bidirectional(&mut near, &mut far) => {}
                    // Open, and without a word.
                    () = silence => pending().await,
                }
            });
        }
    });
    address
}

#[tokio::test]
async fn a_connection_that_died_without_a_word_is_left() {
    let stack = TestStack::with().no_schedules().start().await;
    let redis = stack.redis().url();
    let silent = Arc::new(AtomicBool::new(false));
    let address = link(
        redis.trim_start_matches("redis://").to_owned(),
        silent.clone(),
    )
    .await;
    let cache = Cache::at(&Secret::from(&*format!("redis://{address}"))).unwrap();
    let mut pipeline = redis::pipe();
    pipeline.set("here", 1);
    let ask = async || cache.run::<()>(&pipeline).await;
    ask().await.unwrap();
    sleep(Duration::from_millis(1_100)).await;
    silent.store(true, Ordering::SeqCst);
    sleep(Duration::from_millis(50)).await;
    assert!(matches!(ask().await, Err(CacheError::TimedOut)));
    ask().await.unwrap();
}
