//! `FLUSHALL` while people talk: nothing is lost, and every device receives again within a ping period, over the socket it has.

use std::time::Duration;

use serde_json::{Value, json};
use tests::{Conversation, Device, TestStack};
use tokio::time::{Instant, sleep, timeout};

use crate::registry::PATIENCE;

/// How often the devices ping.
const PING_PERIOD: Duration = Duration::from_secs(2);
/// Messages before and after the flush, one from each sender.
const ROUNDS: usize = 12;

/// A device that pings, syncs what a pong calls behind, and keeps what it is shown.
struct Listener {
    device: Device,
    session: String,
    cursor: i64,
    seen: Vec<String>,
    pushed: Vec<String>,
    pings: usize,
    pongs: usize,
    ping_at: Instant,
}

impl Listener {
    fn new(device: Device, session: &str, phase: u32) -> Self {
        Self {
            device,
            session: session.to_owned(),
            cursor: 0,
            seen: Vec::new(),
            pushed: Vec::new(),
            pings: 0,
            pongs: 0,
            ping_at: Instant::now() + PING_PERIOD / 3 * phase,
        }
    }

    /// Listens for a while, and pings when it is time.
    async fn listen(&mut self, until: Instant) {
        while Instant::now() < until {
            if Instant::now() >= self.ping_at {
                self.ping_at += PING_PERIOD;
                self.pings += 1;
                self.send(json!({"type": "ping", "cursors": {self.session.as_str(): self.cursor}}))
                    .await;
            }
            let wait = until.min(self.ping_at) - Instant::now();
            if let Ok(frame) = timeout(wait, self.device.next()).await {
                self.take(frame).await;
            }
        }
    }

    /// Listens until something is so, and gives up where it does not become so.
    async fn listen_for(&mut self, is_so: impl Fn(&Self) -> bool) {
        let patience = Instant::now() + PATIENCE;
        while !is_so(self) && Instant::now() < patience {
            self.listen(Instant::now() + Duration::from_millis(50))
                .await;
        }
    }

    async fn take(&mut self, frame: Value) {
        if frame["type"] == "pong" {
            self.pongs += 1;
        }
        match frame["type"].as_str().unwrap() {
            "message" => {
                let message = &frame["message"];
                let content = message["content"].as_str().unwrap().to_owned();
                self.pushed.push(content.clone());
                if frame["prev"].as_i64().unwrap() <= self.cursor {
                    self.cursor = self.cursor.max(message["change"].as_i64().unwrap());
                    self.seen.push(content);
                }
            }
            "pong" if frame["behind"] == json!([self.session]) => {
                self.send(json!({"type": "sync", "id": "s", "cursors": {self.session.as_str(): self.cursor}})).await;
            }
            "sync" => {
                let page = &frame["sessions"][0];
                let messages = page["messages"].as_array().unwrap();
                self.seen.extend(
                    messages
                        .iter()
                        .map(|message| message["content"].as_str().unwrap().to_owned()),
                );
                self.cursor = page["change"].as_i64().unwrap();
            }
            _ => {}
        }
    }

    async fn send(&mut self, frame: Value) {
        self.device.send(&frame).await;
    }
}

#[tokio::test]
async fn after_a_flush_under_load_every_device_receives_again_within_a_ping_period() {
    let stack = TestStack::with()
        .variable("WS_PING_PERIOD", "2s")
        .variable("WS_PONG_WAIT", "6s")
        .no_schedules()
        .start()
        .await;
    let Conversation { ada, shop, session } = stack.conversation().await;
    let mut listeners = Vec::new();
    for (number, user) in [&ada, &ada, &shop, &shop].into_iter().enumerate() {
        let device = user.device(&format!("listener-{number}")).await;
        listeners.push(Listener::new(
            device,
            &session,
            u32::try_from(number).unwrap(),
        ));
    }
    let mut keys = stack.keys().await;
    let began = Instant::now();
    // Of the senders one has no socket, so that nothing registers anybody but the pings.
    let load = async {
        let mut acked = Vec::new();
        for round in 0..2 * ROUNDS {
            if round == ROUNDS {
                redis::cmd("FLUSHALL")
                    .query_async::<()>(&mut keys)
                    .await
                    .unwrap();
            }
            for (who, user) in [("ada", &ada), ("shop", &shop)] {
                let content = format!("{who} {round}");
                user.rest.send(&session, &content, &content).await.ok();
                acked.push(content);
            }
            sleep(Duration::from_millis(100)).await;
        }
        // A ping period after the load, which lasts longer than that since the flush.
        sleep(PING_PERIOD.saturating_sub(began.elapsed())).await;
        acked
    };
    let end = began + Duration::from_secs(3600);
    let listening =
        futures_util::future::join_all(listeners.iter_mut().map(|listener| listener.listen(end)));
    let mut acked = tokio::select! {
        acked = load => acked,
        _ = listening => unreachable!("an hour has not passed"),
    };
    // One ping each, and its answer.
    let answered = listeners.iter_mut().map(|listener| {
        let pings = listener.pings;
        listener.listen_for(move |listener| listener.pongs > pings)
    });
    futures_util::future::join_all(answered).await;
    let last = "the last word".to_owned();
    shop.rest.send(&session, "last", &last).await.ok();
    acked.push(last.clone());
    let complete = |listener: &Listener| {
        listener.pushed.contains(&last) && acked.iter().all(|one| listener.seen.contains(one))
    };
    let told = listeners
        .iter_mut()
        .map(|listener| listener.listen_for(complete));
    futures_util::future::join_all(told).await;

    acked.sort();
    for listener in &mut listeners {
        // The socket that it has had from the beginning.
        assert!(
            listener.pushed.contains(&last),
            "{} was not pushed the last word",
            listener.device.id
        );
        listener.seen.sort();
        listener.seen.dedup();
        assert_eq!(listener.seen, acked, "{}", listener.device.id);
    }
    let stored = shop
        .rest
        .since(&session, &[("after_change", "0"), ("limit", "500")])
        .await
        .ok();
    assert_eq!(stored["message_count"], acked.len());
}
