//! A Redis that cannot be reached while something is altered, forgets nothing, and can be reached again: its lists are old, nothing in it
//! says so, and nobody is told for long that they have everything.

use std::time::Duration;

use serde_json::{Value, json};
use tests::{Conversation, Device, TestStack, User};
use tokio::time::{Instant, sleep};

/// What the documentation promises: so long after Redis can be reached again.
const BOUND: Duration = Duration::from_secs(5);

async fn started(cluster: bool) -> TestStack {
    let builder = TestStack::with().one_process_each().no_schedules();
    let builder = if cluster {
        builder.redis_cluster()
    } else {
        builder
    };
    builder.start().await
}

/// Fills the list, so that there is something old.
async fn read(user: &User, session: &str) {
    user.rest
        .since(session, &[("after_change", "0")])
        .await
        .ok();
}

async fn pong(device: &mut Device, session: &str, change: i64) -> Value {
    device
        .send(&json!({"type": "ping", "cursors": {session: change}}))
        .await;
    device.next_of("pong").await["behind"].take()
}

/// Without anybody asking meanwhile: a look of others would help.
async fn has_passed(bound: Duration) {
    sleep(bound).await;
}

async fn notes(stack: &TestStack) -> usize {
    let database = stack.database().await;
    let notes = database
        .query_typed("SELECT session_id FROM unannounced", &[])
        .await;
    notes.unwrap().len()
}

async fn a_send_without_redis_is_found(cluster: bool) {
    let stack = started(cluster).await;
    let Conversation { ada, shop, session } = stack.conversation().await;
    let (mut phone, mut desk) = (ada.device("phone").await, shop.device("desk").await);
    let said = desk.message(&session, "One").await["message"].take();
    phone.next_of("message").await;
    read(&ada, &session).await;
    assert_eq!(pong(&mut phone, &session, 1).await, json!([]));

    let redis = stack.stack().dials().redis();
    redis.cut().unwrap();
    assert_eq!(desk.message(&session, "Two").await["type"], "ack");
    assert_eq!(desk.edit(&said, 1, "One, again").await["type"], "ack");
    assert_eq!(notes(&stack).await, 1, "one for each session");
    redis.restore().unwrap();

    has_passed(BOUND).await;
    assert_eq!(pong(&mut phone, &session, 1).await, json!([session]));
    let page = ada.rest.since(&session, &[("after_change", "1")]).await;
    let page = page.ok();
    assert_eq!(
        (&page["change"], &page["complete"], &page["message_count"]),
        (&json!(3), &json!(true), &json!(2))
    );
    assert_eq!(notes(&stack).await, 0);
    // All is as before: what is read comes from the list, and it is right.
    let since = ada.rest.since(&session, &[("after_change", "1")]);
    let (page, counts) = stack.counting(since).await;
    assert_eq!(page.ok()["change"], 3);
    assert_eq!(counts.statement_calls(), 0, "{counts:#?}");
    assert_eq!(pong(&mut phone, &session, 3).await, json!([]));
}

#[tokio::test]
async fn a_send_while_redis_is_cut_is_found_though_redis_knows_nothing_of_it() {
    a_send_without_redis_is_found(false).await;
}

#[tokio::test]
async fn a_send_while_a_cluster_is_cut_is_found_though_it_knows_nothing_of_it() {
    a_send_without_redis_is_found(true).await;
}

/// A page may come from an old list for a moment. Whoever keeps asking has everything soon: within twice the bound, for each question
/// takes time as well.
#[tokio::test]
async fn a_reader_who_keeps_asking_gets_it_soon() {
    let stack = started(false).await;
    let Conversation { ada, shop, session } = stack.conversation().await;
    let (mut phone, mut desk) = (ada.device("phone").await, shop.device("desk").await);
    desk.message(&session, "One").await;
    read(&ada, &session).await;
    let redis = stack.stack().dials().redis();
    redis.cut().unwrap();
    desk.message(&session, "Two").await;
    redis.restore().unwrap();
    let restored = Instant::now();
    let (mut by_ping, mut by_page) = (None, None);
    while by_ping.is_none() || by_page.is_none() {
        if pong(&mut phone, &session, 1).await == json!([session]) {
            by_ping.get_or_insert(restored.elapsed());
        }
        let page = ada.rest.since(&session, &[("after_change", "1")]).await;
        if page.ok()["change"] == 2 {
            by_page.get_or_insert(restored.elapsed());
        }
        assert!(restored.elapsed() < 2 * BOUND, "{by_ping:?} {by_page:?}");
        sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn a_member_who_was_removed_while_redis_was_cut_reads_no_more() {
    let stack = started(false).await;
    let Conversation { ada, shop, session } = stack.conversation().await;
    let (mut phone, mut desk) = (ada.device("phone").await, shop.device("desk").await);
    let mut laptop = ada.device("laptop").await;
    phone.message(&session, "One").await;
    desk.next_of("message").await;
    read(&shop, &session).await;

    let redis = stack.stack().dials().redis();
    redis.cut().unwrap();
    let removed = ada.rest.remove_member(&session, &shop.id).await;
    assert!(removed.status.is_success(), "{removed:?}");
    redis.restore().unwrap();

    has_passed(BOUND).await;
    let page = shop.rest.since(&session, &[("after_change", "0")]).await;
    assert_eq!(page.code(), Some("not_a_member"));
    let ack = phone.message(&session, "Between us").await;
    assert_eq!(ack["type"], "ack");
    let sync = json!({"type": "sync", "cursors": {session.as_str(): 1}});
    let synced = desk.request(sync).await;
    assert_eq!(synced["sessions"][0]["error"], "not_a_member", "{synced}");
    assert_eq!(synced["sessions"][0]["messages"], json!([]));
    phone
        .send(&json!({"type": "user_typing", "session_id": session, "typing": true}))
        .await;
    // By then everybody has been told, the desk too if it is told at all.
    laptop.next_of("user_typing").await;
    desk.silence(Duration::from_millis(300)).await;
    assert_eq!(notes(&stack).await, 0);
}

/// Without Redis and without a note nobody would find the message, so nobody is told that it is there.
#[tokio::test]
async fn what_cannot_be_noted_is_not_acked() {
    let stack = started(false).await;
    let Conversation { ada, shop, session } = stack.conversation().await;
    let mut desk = shop.device("desk").await;
    desk.message(&session, "One").await;
    read(&ada, &session).await;
    let mut database = stack.database().await;
    let lock = database.transaction().await.unwrap();
    lock.batch_execute("LOCK TABLE unannounced IN ACCESS EXCLUSIVE MODE")
        .await
        .unwrap();

    let redis = stack.stack().dials().redis();
    redis.cut().unwrap();
    let send = json!({"type": "message", "id": "two", "session_id": session, "content": "Two"});
    let error = desk.request(send.clone()).await;
    assert_eq!(
        (&error["type"], &error["code"], &error["retry"]),
        (&json!("error"), &json!("unavailable"), &json!(true))
    );
    lock.rollback().await.unwrap();
    let ack = desk.request(send).await;
    assert_eq!(
        (&ack["type"], &ack["duplicate"]),
        (&json!("ack"), &json!(true))
    );
    assert_eq!(notes(&stack).await, 1);
    redis.restore().unwrap();

    has_passed(BOUND).await;
    let page = ada.rest.since(&session, &[("after_change", "1")]).await;
    assert_eq!(page.ok()["message_count"], 1);
}

#[tokio::test]
async fn readers_look_once_in_three_seconds_however_much_they_ask() {
    let stack = started(false).await;
    let Conversation { ada, session, .. } = stack.conversation().await;
    let mut phone = ada.device("phone").await;
    phone.message(&session, "One").await;
    read(&ada, &session).await;
    let work = async {
        let began = Instant::now();
        for _ in 0..30 {
            pong(&mut phone, &session, 1).await;
            read(&ada, &session).await;
        }
        began.elapsed()
    };
    let (took, counts) = stack.counting(work).await;
    // Pings and pages are answered by one environment each.
    let most = 2 * (1 + took.as_secs() / 3);
    assert!(counts.looks <= most, "{} looks in {took:?}", counts.looks);
    assert_eq!(counts.statement_calls(), 0, "{counts:#?}");

    sleep(Duration::from_secs(3)).await;
    let (_, counts) = stack.counting(pong(&mut phone, &session, 1)).await;
    assert_eq!(counts.looks, 1, "{counts:#?}");
    // On a cluster a trip goes to several nodes at the same time.
    assert!(
        stack.has_cluster() || counts.redis_reads == 1,
        "{counts:#?}"
    );
}
