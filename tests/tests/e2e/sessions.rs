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

/// A page of a user's list: its titles, and where the next page begins.
async fn page(user: &User, query: &[(&str, &str)]) -> (Vec<Value>, Option<String>) {
    let page = user.rest.sessions_page(query).await.ok();
    let sessions = page["sessions"].as_array().unwrap().iter();
    let titles = sessions.map(|session| session["title"].clone()).collect();
    (titles, page["next"].as_str().map(str::to_owned))
}

#[tokio::test]
async fn the_list_goes_on_page_by_page() {
    let stack = start().await;
    let ada = stack.guest().await;
    for title in ["1", "2", "3", "4", "5"] {
        ada.open_session(title).await;
    }
    // Two that were altered in the same microsecond, with a page's end between them.
    let alter = "UPDATE sessions SET changed_at = (SELECT changed_at FROM sessions WHERE title = '4') WHERE title = '3'";
    stack.database().await.batch_execute(alter).await.unwrap();

    let (first, next) = page(&ada, &[("limit", "2")]).await;
    let next = next.unwrap();
    let (second, last) = page(&ada, &[("limit", "2"), ("before", &next)]).await;
    let last = last.unwrap();
    let (third, end) = page(&ada, &[("limit", "2"), ("before", &last)]).await;
    assert_eq!(end, None);
    let all = [first, second, third].concat();
    assert_eq!([&all[0], &all[3], &all[4]], ["5", "2", "1"]);
    assert_eq!(titles(&ada).await, all, "the same as in one");

    // As many as there are is the last page, and one less is not.
    assert_eq!(page(&ada, &[("limit", "5")]).await, (all.clone(), None));
    let (four, next) = page(&ada, &[("limit", "4")]).await;
    assert_eq!((four.as_slice(), next), (&all[..4], Some(last)));
}

#[tokio::test]
async fn a_list_has_200_on_a_page_and_a_place_that_it_gave() {
    let stack = start().await;
    let ada = stack.guest().await;
    ada.open_session("Kettles").await;
    for (field, value, allowed) in [
        ("limit", "1", true),
        ("limit", "200", true),
        ("limit", "0", false),
        ("limit", "201", false),
        ("before", "yesterday", false),
        (
            "before",
            "-9223372036854775808.0199b0c4-1d02-7f6a-8c11-5b7e9a3d2c40",
            false,
        ),
        (
            "before",
            "8210266876799999999.0199b0c4-1d02-7f6a-8c11-5b7e9a3d2c40",
            true,
        ),
        ("before", "0.0199b0c4-1d02-7f6a-8c11-5b7e9a3d2c40", true),
    ] {
        let reply = ada.rest.sessions_page(&[(field, value)]).await;
        let refused = (!allowed).then_some("invalid_field");
        assert_eq!(reply.code(), refused, "{field}={value}");
        if !allowed {
            assert_eq!(reply.body["field"], field);
        }
    }
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
