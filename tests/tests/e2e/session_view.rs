//! What a session shows of itself to each of its members: what is unread, what was said last, its title and settings.

use serde_json::{Value, json};
use tests::{Conversation, TestStack, User};

async fn start() -> TestStack {
    TestStack::with().no_schedules().start().await
}

/// Read mark and unread count, the same in the list and alone.
async fn unread(user: &User, session: &str) -> (i64, i64) {
    let alone = user.rest.session(session).await.ok();
    let list = user.rest.sessions().await.ok();
    let listed = list["sessions"].as_array().unwrap().iter();
    let listed = listed.filter(|listed| listed["session_id"] == session);
    assert_eq!(listed.collect::<Vec<_>>(), [&alone]);
    let number = |name: &str| alone[name].as_i64().unwrap();
    (number("read_seq"), number("unread"))
}

#[tokio::test]
async fn unread_is_what_others_said_since_without_the_deleted() {
    let stack = start().await;
    let Conversation { ada, shop, session } = stack.conversation().await;
    let (mut phone, mut desk) = (ada.device("phone").await, shop.device("desk").await);
    assert_eq!(unread(&ada, &session).await, (0, 0));
    let mut said = Vec::new();
    for n in 1..=3 {
        said.push(desk.message(&session, &n.to_string()).await["message"].take());
    }
    phone.message(&session, "My own").await;
    assert_eq!(unread(&ada, &session).await, (0, 3));
    assert_eq!(unread(&shop, &session).await, (0, 1));

    phone
        .request(json!({"type": "read", "session_id": session, "seq": 1}))
        .await;
    assert_eq!(unread(&ada, &session).await, (1, 2));
    // What was deleted or edited is not new.
    desk.delete(&said[1], 1).await;
    desk.edit(&said[0], 1, "Edited").await;
    assert_eq!(unread(&ada, &session).await, (1, 1));
    // The counter has moved past the newest message; a mark has not.
    let ack = phone
        .request(json!({"type": "read", "session_id": session, "seq": 6}))
        .await;
    assert_eq!(ack["seq"], 4);
    assert_eq!(unread(&ada, &session).await, (4, 0));
    desk.message(&session, "New").await;
    assert_eq!(unread(&ada, &session).await, (4, 1));
}

#[tokio::test]
async fn unread_counts_to_a_hundred() {
    let stack = start().await;
    let Conversation { ada, shop, session } = stack.conversation().await;
    let mut desk = shop.device("desk").await;
    for n in 1..=99 {
        desk.message(&session, &n.to_string()).await;
    }
    assert_eq!(unread(&ada, &session).await, (0, 99));
    for expected in [100, 100] {
        desk.message(&session, "More").await;
        assert_eq!(unread(&ada, &session).await, (0, expected));
    }
}

#[tokio::test]
async fn unread_looks_at_the_newest_thousand() {
    let stack = start().await;
    let Conversation { ada, shop, session } = stack.conversation().await;
    shop.rest.send(&session, "k", "Hello?").await.ok();
    let id = session.split('.').next().unwrap();
    let database = stack.database().await;
    // Ada never reads, as services do.
    for (first, last, expected) in [(1, 999, 1), (1_000, 1_000, 0)] {
        let sql = format!(
            "SELECT count(message_send('{id}', '{}', 'k' || n, gen_random_uuid(), 'News', '{{}}', '90 days')) \
             FROM generate_series({first}, {last}) n",
            ada.id
        );
        database.simple_query(&sql).await.unwrap();
        assert_eq!(unread(&ada, &session).await, (0, expected));
    }
}

#[tokio::test]
async fn marks_of_two_devices_at_once_merge_to_the_greater() {
    let stack = start().await;
    let Conversation { ada, shop, session } = stack.conversation().await;
    let (mut phone, mut laptop) = (ada.device("phone").await, ada.device("laptop").await);
    let mut desk = shop.device("desk").await;
    for n in 1..=20 {
        desk.message(&session, &n.to_string()).await;
    }
    let read = |seq: i64| json!({"type": "read", "session_id": session, "seq": seq});
    for (one, other) in [(3, 7), (12, 9), (12, 15), (20, 16)] {
        let (one_ack, other_ack) =
            tokio::join!(phone.request(read(one)), laptop.request(read(other)));
        let acked = [&one_ack["seq"], &other_ack["seq"]].map(|seq| seq.as_i64().unwrap());
        assert_eq!(acked.iter().max(), [one, other].iter().max());
        assert_eq!(unread(&ada, &session).await.0, one.max(other));
    }
}

#[tokio::test]
async fn the_last_message_is_the_newest_by_its_place() {
    let stack = start().await;
    let ada = stack.guest().await;
    let session = ada.open_session("Kettles").await;
    let last = async || ada.rest.session(&session).await.ok()["last_message"].take();
    assert_eq!(last().await, Value::Null);
    let mut phone = ada.device("phone").await;
    let first = phone.message(&session, "One").await["message"].take();
    let second = phone.message(&session, "Two").await["message"].take();
    phone.edit(&first, 1, "First").await;
    assert_eq!(last().await["content"], "Two");
    phone.delete(&second, 1).await;
    let tombstone = last().await;
    assert_eq!(
        (&tombstone["seq"], &tombstone["content"]),
        (&json!(2), &json!(""))
    );
    let history = ada.rest.history(&session, &[]).await.ok();
    assert_eq!(history["messages"][1], tombstone);
}

#[tokio::test]
async fn of_two_revisions_of_a_session_one_is_told_of_the_other() {
    let stack = start().await;
    let Conversation { ada, shop, session } = stack.conversation().await;
    let mut desk = shop.device("desk").await;
    let revise = async |revision: Value| ada.rest.revise_session(&session, &revision).await;
    let revision = json!({"version": 1, "settings": {"colour": "blue"}});
    let (one, other) = tokio::join!(
        revise(json!({"version": 1, "title": "Blue kettles"})),
        revise(revision)
    );
    let (won, lost) = if one.status == 200 {
        (one, other)
    } else {
        (other, one)
    };
    assert_eq!(
        (won.body["version"].as_i64(), lost.code()),
        (Some(2), Some("conflict"))
    );
    assert_eq!(lost.body["current"], won.body);
    let hint = desk.next_of("session_updated").await;
    assert_eq!(
        (&hint["version"], &hint["title"]),
        (&json!(2), &won.body["title"])
    );

    // Each field for itself, null for no title, and the last writer where no version is named.
    let both = json!({"version": 2, "title": "Kettles", "settings": {"a": 1}});
    assert_eq!(revise(both.clone()).await.ok()["version"], 3);
    assert_eq!(revise(both).await.ok()["version"], 3, "its answer was lost");
    let revised = revise(json!({"title": null})).await.ok();
    assert_eq!(
        (&revised["title"], &revised["settings"]),
        (&Value::Null, &json!({"a": 1}))
    );
    let revised = revise(json!({"settings": {}})).await.ok();
    assert_eq!(
        (&revised["settings"], &revised["version"]),
        (&json!({}), &json!(5))
    );
    assert_eq!(
        shop.rest.rename_session(&session, "Mine").await.code(),
        Some("forbidden")
    );
    assert_eq!(revised["change"], 0, "no message was altered");
}

#[tokio::test]
async fn settings_are_an_object_of_4_kib() {
    let stack = start().await;
    let ada = stack.guest().await;
    let session = ada.open_session("Kettles").await;
    let of = |bytes: usize| json!({"settings": {"a": "x".repeat(bytes - r#"{"a":""}"#.len())}});
    let fits = ada.rest.revise_session(&session, &of(4_096)).await.ok();
    assert_eq!(fits["settings"], of(4_096)["settings"]);
    for settings in [
        of(4_097),
        json!({"settings": []}),
        json!({"settings": {"a": "\0"}}),
    ] {
        let refused = ada.rest.revise_session(&session, &settings).await;
        assert_eq!(refused.code(), Some("invalid_field"));
        assert_eq!(refused.body["field"], "settings");
        let refused = ada.rest.post("/api/chat/sessions", &settings).await;
        assert_eq!(refused.body["field"], "settings");
    }
    let opened = ada.rest.post("/api/chat/sessions", &of(4_096)).await.ok();
    assert_eq!(opened["settings"], of(4_096)["settings"]);
}
