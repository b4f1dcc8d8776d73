//! Limits hold: across instances, across a Redis that is away or has forgotten, and for one address whatever it calls itself.

use std::{
    net::{IpAddr, Ipv4Addr},
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use serde_json::json;
use tests::{Reply, TestStack, TestStackBuilder};
use tokio::time::sleep;
use tokio_postgres::types::Type;

/// The limiter as the functions have it.
pub(super) const WINDOW: &str = include_str!("../../../shared/src/limit/window.lua");

/// With the limit on attempts to sign in that the template declares.
fn with_auth_limit() -> TestStackBuilder {
    TestStack::with()
        .variable("RATE_LIMIT_AUTH", "10")
        .no_schedules()
}

/// A log-in that fails, from an address of this machine.
async fn attempt(stack: &TestStack, from: [u8; 4], email: &str) -> Reply {
    attempt_with(stack, from, email, &[]).await
}

async fn attempt_with(
    stack: &TestStack,
    from: [u8; 4],
    email: &str,
    headers: &[(&'static str, &'static str)],
) -> Reply {
    let client = tests::direct()
        .local_address(IpAddr::V4(Ipv4Addr::from(from)))
        .build()
        .unwrap();
    let url = format!("{}/api/auth/login", stack.stack().url()).replace("localhost", "127.0.0.1");
    let mut request = client
        .post(url)
        .json(&json!({"email": email, "password": "wrong"}));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    Reply {
        status,
        headers,
        body: response.json().await.unwrap(),
    }
}

fn remaining(reply: &Reply) -> Option<&str> {
    reply.header("x-ratelimit-remaining")
}

#[track_caller]
fn assert_refused(reply: &Reply) {
    assert_eq!(
        (reply.status.as_u16(), reply.code()),
        (429, Some("rate_limited"))
    );
    assert_eq!(reply.header("x-ratelimit-limit"), Some("10"));
    assert_eq!(remaining(reply), Some("0"));
    let wait: u64 = reply.header("retry-after").unwrap().parse().unwrap();
    // The first of the ten leaves the window five minutes after it was made.
    assert!((200..=300).contains(&wait), "{wait} s");
}

#[tokio::test]
async fn the_11th_log_in_of_an_address_in_5_minutes_is_refused() {
    let stack = with_auth_limit().start().await;
    let here = [127, 0, 0, 1];
    for n in 0..10 {
        // Whatever the client claims to be, it is where the gateway sees it.
        let claims = [
            ("x-forwarded-for", "203.0.113.9"),
            ("forwarded", "for=203.0.113.9"),
        ];
        let email = format!("u{n}@example.org");
        let reply = attempt_with(&stack, here, &email, &claims[..n % 3]).await;
        assert_eq!(reply.code(), Some("invalid_credentials"));
        assert_eq!(remaining(&reply), Some(&*(9 - n).to_string()));
        assert_eq!(reply.header("retry-after"), None);
    }
    assert_refused(&attempt(&stack, here, "u10@example.org").await);
    assert_refused(&stack.rest().sign_up("new@example.org", "long enough").await);
    // Another address is somebody else.
    let elsewhere = attempt(&stack, [127, 0, 0, 2], "u10@example.org").await;
    assert_eq!(elsewhere.code(), Some("invalid_credentials"));
}

#[tokio::test]
async fn the_11th_log_in_to_an_account_is_refused_wherever_it_comes_from() {
    let stack = with_auth_limit().start().await;
    for n in 1..=10 {
        let spelling = ["ada@example.org", "ADA@Example.org"][n % 2];
        let reply = attempt(&stack, [127, 0, 1, n as u8], spelling).await;
        assert_eq!(reply.code(), Some("invalid_credentials"));
    }
    assert_refused(&attempt(&stack, [127, 0, 2, 1], "ada@example.org").await);
    // What an address has used up does not count against the account, and the address goes on with others.
    let other = attempt(&stack, [127, 0, 2, 1], "bob@example.org").await;
    assert_eq!(other.code(), Some("invalid_credentials"));
    // Nothing in Redis or PostgreSQL names anybody.
    let keys: Vec<String> = redis::cmd("KEYS")
        .arg("*")
        .query_async(&mut stack.keys().await)
        .await
        .unwrap();
    assert!(!keys.is_empty() && keys.iter().all(|key| !key.contains("example")));
}

#[tokio::test]
async fn the_limit_holds_across_instances_to_the_request() {
    let stack = with_auth_limit().start().await;
    let tries = (0..24).map(|n| {
        let stack = &stack;
        async move { attempt(stack, [127, 0, 0, 1], &format!("u{n}@example.org")).await }
    });
    let replies = join_all(tries).await;
    let count = |code| {
        let those = replies.iter().filter(|reply| reply.code() == Some(code));
        those.count()
    };
    assert_eq!(
        (count("invalid_credentials"), count("rate_limited")),
        (10, 14)
    );
}

/// Counts an attempt in PostgreSQL, under one key.
async fn count(database: &tokio_postgres::Client, key: &[u8]) -> bool {
    let sql = "SELECT allowed FROM attempt_count(ARRAY[$1], 10, interval '5 minutes')";
    let rows = database.query_typed(sql, &[(&key, Type::BYTEA)]).await;
    rows.unwrap()[0].get("allowed")
}

/// Whether somebody in that database waits for a lock.
async fn waits(database: &tokio_postgres::Client) -> bool {
    let sql = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    !database.query_typed(sql, &[]).await.unwrap().is_empty()
}

/// The first has counted its address and is about to count its account, whose last attempts have left the window; the second clears
/// those away.
#[tokio::test]
async fn who_clears_old_attempts_away_does_not_hold_them_while_waiting() {
    let stack = TestStack::with().no_schedules().start().await;
    let (first, second) = (stack.database().await, stack.database().await);
    let onlooker = stack.database().await;
    first.batch_execute("BEGIN").await.unwrap();
    assert!(count(&first, b"address").await);
    let old = "INSERT INTO attempts (key, times, expires_at) VALUES ('account', '{}', now() - interval '1 second')";
    onlooker.batch_execute(old).await.unwrap();
    let finish = async {
        while !waits(&onlooker).await {
            sleep(Duration::from_millis(20)).await;
        }
        let counted = count(&first, b"account").await;
        first.batch_execute("COMMIT").await.unwrap();
        counted
    };
    assert_eq!(
        tokio::join!(count(&second, b"address"), finish),
        (true, true)
    );
}

#[tokio::test]
async fn without_redis_the_count_goes_on_and_with_a_new_redis_too() {
    let stack = with_auth_limit().start().await;
    let here = [127, 0, 0, 1];
    for n in 0..4 {
        attempt(&stack, here, &format!("u{n}@example.org")).await;
    }
    stack.stop_redis().await;
    for n in 4..10 {
        let reply = attempt(&stack, here, &format!("u{n}@example.org")).await;
        assert_eq!(remaining(&reply), Some(&*(9 - n).to_string()));
    }
    assert_refused(&attempt(&stack, here, "u10@example.org").await);
    stack.start_redis().await;
    assert_refused(&attempt(&stack, here, "u11@example.org").await);
}

/// One question to the limiter: whether it allowed, what remains, and how long to wait.
async fn ask(
    keys: &mut tests::Keys,
    key: &str,
    max: u32,
    period: Duration,
) -> (bool, i64, Duration) {
    let answer: Vec<i64> = redis::cmd("EVAL")
        .arg(WINDOW)
        .arg(1)
        .arg(key)
        .arg(max)
        .arg(period.as_millis() as u64)
        .query_async(keys)
        .await
        .unwrap();
    let wait = Duration::from_millis(answer[3] as u64);
    (answer[0] == 1, answer[1], wait)
}

#[tokio::test]
async fn the_window_slides() {
    let stack = with_auth_limit().start().await;
    let mut keys = stack.keys().await;
    let period = Duration::from_millis(600);
    // A millisecond is what Redis rounds to.
    let rounding = Duration::from_millis(2);
    let mut allowed = Vec::new();
    let began = Instant::now();
    while began.elapsed() < period * 4 {
        let before = Instant::now();
        if ask(&mut keys, "{test}:limit:slides", 5, period).await.0 {
            allowed.push((before, Instant::now()));
        } else {
            // As soon as one leaves the window, another may follow: the last five are all in it.
            let [(_, first), _, _, _, _] = allowed[allowed.len().saturating_sub(5)..] else {
                panic!("refused before five were allowed")
            };
            let age = before - first;
            assert!(
                age <= period + rounding,
                "refused {age:?} after the first of five"
            );
        }
        sleep(Duration::from_millis(7)).await;
    }
    // Any six in a row took longer than the period.
    for six in allowed.windows(6) {
        let took = six[5].1 - six[0].0;
        assert!(took + rounding >= period, "{took:?}");
    }
    assert!(allowed.len() > 5, "{}", allowed.len());

    let (key, wait) = ("{test}:limit:wait", Duration::from_secs(3));
    for left in (0..3).rev() {
        assert_eq!(ask(&mut keys, key, 3, wait).await.1, left);
    }
    let (yes, left, told) = ask(&mut keys, key, 3, wait).await;
    assert!(!yes && left == 0 && told <= wait, "{told:?}");
    sleep(told).await;
    assert!(ask(&mut keys, key, 3, wait).await.0, "it waited as told");
}

#[tokio::test]
async fn a_large_limit_is_never_exceeded_and_stays_small() {
    let stack = with_auth_limit().start().await;
    let mut keys = stack.keys().await;
    // Nobody leaves a window so long while this asks.
    let (key, period) = ("{test}:limit:large", Duration::from_secs(600));
    let mut allowed = 0;
    for _ in 0..1_100 {
        allowed += u32::from(ask(&mut keys, key, 1_000, period).await.0);
    }
    assert_eq!(allowed, 1_000);
    let bytes: u64 = redis::cmd("MEMORY")
        .arg(&["USAGE", key])
        .query_async(&mut keys)
        .await
        .unwrap();
    assert!(bytes < 4_096, "{bytes} bytes");
}

#[tokio::test]
async fn a_hundred_thousand_addresses_do_not_grow_redis_without_bound() {
    let stack = with_auth_limit().start().await;
    if stack.has_cluster() {
        // This measures the script and its keys on one node; a cluster only spreads them.
        return;
    }
    let mut keys = stack.keys().await;
    let memory = async |keys: &mut tests::Keys| -> u64 {
        let info: String = redis::cmd("INFO")
            .arg("memory")
            .query_async(keys)
            .await
            .unwrap();
        let line = info
            .lines()
            .find_map(|line| line.strip_prefix("used_memory:"));
        line.unwrap().parse().unwrap()
    };
    let script: String = redis::cmd("SCRIPT")
        .arg(&["LOAD", WINDOW])
        .query_async(&mut keys)
        .await
        .unwrap();
    let before = memory(&mut keys).await;
    for batch in 0..100 {
        let mut pipeline = redis::pipe();
        for n in 0..1_000 {
            let command = pipeline.cmd("EVALSHA").arg(&script).arg(1);
            let key = format!("{{ip:{batch}.{n}}}:limit:auth");
            command.arg(key).arg(10).arg(8_000).ignore();
        }
        pipeline.query_async::<()>(&mut keys).await.unwrap();
    }
    let grown = memory(&mut keys).await - before;
    assert!(grown < 30_000_000, "{grown} bytes for 100,000 addresses");
    // Every one of them ends by itself, with its window.
    let deadline = Instant::now() + Duration::from_secs(40);
    loop {
        let left: u64 = redis::cmd("DBSIZE").query_async(&mut keys).await.unwrap();
        if left < 1_000 {
            break;
        }
        assert!(Instant::now() < deadline, "{left} keys are left");
        sleep(Duration::from_millis(200)).await;
    }
}
