//! Many readers miss at once, and one of them asks PostgreSQL.

use redis::AsyncCommands;
use tests::{Counts, TestStack, User};
use tokio::task::JoinSet;

use super::key;

const READERS: usize = 50;

/// All of them ask at once, and each gets the same.
async fn herd(reader: &User, session: &str) {
    let mut readers = JoinSet::new();
    for _ in 0..READERS {
        let (rest, session) = (reader.rest.clone(), session.to_owned());
        readers.spawn(async move { rest.since(&session, &[("after_change", "1")]).await.ok() });
    }
    for page in readers.join_all().await {
        assert_eq!(
            (&page["message_count"], &page["complete"]),
            (&9.into(), &true.into())
        );
    }
}

/// How often a list was read whole, and how often a page alone.
fn asked(counts: &Counts) -> (u64, u64) {
    let of = |part: &str| {
        let statements = counts.statements.iter();
        statements
            .filter(|(text, _)| text.contains(part))
            .map(|(_, calls)| calls)
            .sum()
    };
    (of("AS users"), of("following"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_readers_that_miss_at_once_one_asks_for_the_list() {
    let stack = TestStack::with().no_schedules().start().await;
    let ada = stack.guest().await;
    let session = ada.open_session("Herd").await;
    for n in 0..10 {
        ada.rest.send(&session, &n.to_string(), "Hello").await.ok();
    }
    // So many processes, and each has its connections.
    herd(&ada, &session).await;
    let mut keys = stack.keys().await;
    for round in 0..3 {
        keys.del::<_, ()>(key(&session, "state")).await.unwrap();
        let ((), counts) = stack.counting(herd(&ada, &session)).await;
        let (lists, pages) = asked(&counts);
        assert_eq!(lists, 1, "round {round}: {counts:#?}");
        // Who was kept waiting for longer than 150 ms asks for its own page: on a machine with much else to do, some may be.
        assert!(pages < READERS as u64 / 2, "round {round}: {counts:#?}");
    }
}
