//! Sessions and who is in them.

use std::time::Duration;

use serde_json::{Value, json};
use tests::{Device, Reply, TestStack, User};

async fn start() -> TestStack {
    TestStack::with().no_schedules().start().await
}

/// The titles of a user's sessions, in the order of the list.
async fn titles(user: &User) -> Vec<Value> {
    let list = user.rest.sessions().await.ok();
    list["sessions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|session| session["title"].clone())
        .collect()
}

/// Who is in a session, and as what.
async fn roles(user: &User, session: &str) -> Vec<(String, String)> {
    let list = user.rest.members(session).await.ok();
    let text = |member: &Value, name: &str| member[name].as_str().unwrap().to_owned();
    let members = list["members"].as_array().unwrap().iter();
    members
        .map(|member| (text(member, "user_id"), text(member, "role")))
        .collect()
}

#[tokio::test]
async fn an_owner_opens_lists_renames_and_deletes() {
    let stack = start().await;
    let ada = stack.guest().await;
    assert!(titles(&ada).await.is_empty());
    let first = ada.open_session(" Kettles ").await;
    let second = ada.rest.post("/api/chat/sessions", &json!({})).await.ok();
    assert_eq!(
        (&second["title"], &second["role"], &second["change"]),
        (&Value::Null, &json!("owner"), &json!(0))
    );
    assert_eq!(titles(&ada).await, [Value::Null, json!("Kettles")]);
    // The liveliest comes first.
    ada.rest.send(&first, "k", "hello").await.ok();
    assert_eq!(titles(&ada).await, [json!("Kettles"), Value::Null]);

    let renamed = ada.rest.rename_session(&first, "Blue kettles").await.ok();
    assert_eq!(
        (&renamed["title"], &renamed["change"]),
        (&json!("Blue kettles"), &json!(1))
    );
    assert_eq!(ada.rest.session(&first).await.ok(), renamed);

    let mut phone = ada.device("phone").await;
    let deleted = ada.rest.delete_session(&first).await;
    assert_eq!(
        (deleted.status.as_u16(), &deleted.body),
        (204, &Value::Null)
    );
    assert_eq!(titles(&ada).await, [Value::Null]);
    for refused in [
        ada.rest.session(&first).await,
        ada.rest.since(&first, &[("after_change", "0")]).await,
        ada.rest.history(&first, &[]).await,
        ada.rest.delete_session(&first).await,
    ] {
        assert_eq!(refused.code(), Some("not_a_member"));
    }
    assert_eq!(
        phone.message(&first, "too late").await["code"],
        "not_a_member"
    );
}

#[tokio::test]
async fn a_member_comes_changes_role_and_leaves() {
    let stack = start().await;
    let (ada, bob) = (stack.guest().await, stack.guest().await);
    let session = ada.open_session("team").await;
    let member = |user: &User, role: &str| (user.id.clone(), role.to_owned());
    assert_eq!(roles(&ada, &session).await, [member(&ada, "owner")]);

    let added = ada.rest.add_member(&session, &bob.id, "member").await;
    assert_eq!(
        (added.status.as_u16(), &added.body["role"]),
        (201, &json!("member"))
    );
    assert_eq!(
        roles(&bob, &session).await,
        [member(&ada, "owner"), member(&bob, "member")]
    );
    assert_eq!(titles(&bob).await, ["team"]);
    assert_eq!(bob.rest.session(&session).await.ok()["role"], "member");

    // Another role keeps the read mark, and stands on what is said from now on.
    ada.rest.send(&session, "k1", "hello").await.ok();
    bob.rest.send(&session, "k1", "as a member").await.ok();
    let mut bobs = bob.device("phone").await;
    bobs.request(json!({"type": "read", "session_id": session, "seq": 2}))
        .await;
    let changed = ada
        .rest
        .add_member(&session, &bob.id, "assistant")
        .await
        .ok();
    assert_eq!(
        (&changed["role"], &changed["read_seq"]),
        (&json!("assistant"), &json!(2))
    );
    bob.rest.send(&session, "k2", "as an assistant").await.ok();
    let history = ada.rest.history(&session, &[]).await.ok();
    let said = history["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["role"].clone());
    assert_eq!(said.collect::<Vec<_>>(), ["owner", "member", "assistant"]);

    assert_eq!(bob.rest.remove_member(&session, &bob.id).await.status, 204);
    assert_eq!(roles(&ada, &session).await, [member(&ada, "owner")]);
    assert!(titles(&bob).await.is_empty());
}

#[tokio::test]
async fn members_do_not_choose_members_and_strangers_see_nothing() {
    let stack = start().await;
    let (ada, bob, eve) = (
        stack.guest().await,
        stack.guest().await,
        stack.guest().await,
    );
    let session = ada.open_session("team").await;
    ada.rest.add_member(&session, &bob.id, "member").await.ok();
    let codes = [
        bob.rest.add_member(&session, &eve.id, "member").await,
        bob.rest.rename_session(&session, "mine").await,
        bob.rest.remove_member(&session, &ada.id).await,
        eve.rest.members(&session).await,
        eve.rest.add_member(&session, &eve.id, "member").await,
        eve.rest.send(&session, "k", "let me in").await,
    ];
    let codes = codes.each_ref().map(Reply::code);
    assert_eq!(codes[..3], [Some("forbidden"); 3]);
    assert_eq!(codes[3..], [Some("not_a_member"); 3]);
    assert_eq!(roles(&ada, &session).await.len(), 2);
    assert_eq!(ada.rest.session(&session).await.ok()["change"], 0);
}

#[tokio::test]
async fn a_new_member_sees_the_history_and_a_removed_one_nothing_any_more() {
    let stack = start().await;
    let (ada, bob) = (stack.guest().await, stack.guest().await);
    let session = ada.open_session("door").await;
    let (mut adas, mut bobs) = (ada.device("phone").await, bob.device("phone").await);
    adas.message(&session, "before").await;
    // Redis knows the members from here on, and Bob is not among them.
    ada.rest
        .since(&session, &[("after_change", "0")])
        .await
        .ok();
    assert_eq!(
        bob.rest
            .since(&session, &[("after_change", "0")])
            .await
            .code(),
        Some("not_a_member")
    );

    ada.rest.add_member(&session, &bob.id, "member").await.ok();
    let page = bob
        .rest
        .since(&session, &[("after_change", "0")])
        .await
        .ok();
    assert_eq!(page["messages"][0]["content"], "before");
    let history = bob.rest.history(&session, &[]).await.ok();
    assert_eq!(history["messages"], page["messages"]);
    for device in [&mut adas, &mut bobs] {
        assert_eq!(device.next().await["type"], "member_joined");
    }
    adas.message(&session, "while he is in").await;
    assert_eq!(bobs.next().await["message"]["content"], "while he is in");
    assert_eq!(
        bobs.message(&session, "thank you").await["message"]["seq"],
        3
    );
    assert_eq!(adas.next().await["message"]["content"], "thank you");

    assert_eq!(ada.rest.remove_member(&session, &bob.id).await.status, 204);
    for device in [&mut adas, &mut bobs] {
        assert_eq!(device.next().await["type"], "member_left");
    }
    adas.message(&session, "after he has gone").await;
    adas.request(json!({"type": "read", "session_id": session, "seq": 4}))
        .await;
    is_a_stranger(&bob, &mut bobs, &session).await;
    // Pushes would have come before these answers.
    bobs.silence(Duration::from_millis(50)).await;
    assert_eq!(ada.rest.session(&session).await.ok()["change"], 4);
}

/// Asserts that somebody is told nothing of a session, whichever way they ask.
async fn is_a_stranger(bob: &User, bobs: &mut Device, session: &str) {
    for refused in [
        bob.rest.since(session, &[("after_change", "0")]).await,
        bob.rest.history(session, &[]).await,
        bob.rest.send(session, "k", "still here?").await,
        bob.rest.members(session).await,
    ] {
        assert_eq!(refused.code(), Some("not_a_member"));
    }
    assert_eq!(
        bobs.message(session, "still here?").await["code"],
        "not_a_member"
    );
    let synced = bobs
        .request(json!({"type": "sync", "cursors": {session: 0}}))
        .await;
    assert_eq!(synced["sessions"][0]["error"], "not_a_member");
    assert_eq!(synced["sessions"][0]["messages"], json!([]));
}
