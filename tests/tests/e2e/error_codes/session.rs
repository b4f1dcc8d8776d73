//! Sessions that are not one's own, not signed, past their end, or not one's to change.

use std::time::Duration;

use serde_json::{Value, json};
use shared::code::Code;
use tests::{Device, Reply, TestStack, User};
use tokio::time::sleep;

use super::{assert_problem, error};

/// A user that nobody is.
const NOBODY: &str = "00000000-0000-7000-8000-000000000000";

/// What a user may try with a session over REST, all of it.
async fn everything(user: &User, session: &str) -> Vec<Reply> {
    let rest = &user.rest;
    vec![
        rest.session(session).await,
        rest.rename_session(session, "other").await,
        rest.members(session).await,
        rest.add_member(session, NOBODY, "member").await,
        rest.remove_member(session, NOBODY).await,
        rest.since(session, &[("after_change", "0")]).await,
        rest.history(session, &[]).await,
        rest.send(session, "k", "hi").await,
        rest.edit(session, NOBODY, 1, "hi").await,
        rest.delete_message(session, NOBODY, 1).await,
        rest.delete_session(session).await,
    ]
}

/// The same with frames. A sync answers for each session, so that one does not keep the others from syncing.
async fn every_frame(device: &mut Device, session: &str, code: Code, field: Option<&str>) {
    for frame in [
        json!({"type": "message", "id": "i", "session_id": session, "content": "hi"}),
        json!({"type": "edit", "id": "i", "session_id": session, "message_id": NOBODY, "rev": 1, "content": "hi"}),
        json!({"type": "delete", "id": "i", "session_id": session, "message_id": NOBODY, "rev": 1}),
        json!({"type": "read", "id": "i", "session_id": session, "seq": 1}),
        json!({"type": "user_typing", "id": "i", "session_id": session, "typing": true}),
    ] {
        device.send(&frame).await;
        assert_eq!(
            device.next().await,
            error(code, Some("i"), field),
            "{frame}"
        );
    }
    let answer = device
        .request(json!({"type": "sync", "cursors": {session: 3}}))
        .await;
    let nothing = json!({
        "session_id": session, "messages": [], "change": 3, "cursor": 3, "complete": false, "error": code.as_str(),
    });
    assert_eq!(answer["sessions"], json!([nothing]));
}

#[tokio::test]
async fn a_strangers_session_and_a_forged_id_give_nothing_away() {
    let stack = TestStack::with().no_schedules().start().await;
    let (ada, eve) = (stack.guest().await, stack.guest().await);
    let (session, gone) = (
        ada.open_session("private").await,
        ada.open_session("gone").await,
    );
    ada.rest.send(&session, "k", "a secret").await.ok();
    ada.rest.delete_session(&gone).await.ok();
    let mut phone = eve.device("phone").await;
    // A session of others and none at all are not told apart.
    for other in [&session, &gone] {
        for reply in everything(&eve, other).await {
            assert_problem(&reply, Code::NotAMember, None);
        }
        every_frame(&mut phone, other, Code::NotAMember, None).await;
    }

    let (stem, signature) = session.rsplit_once('.').unwrap();
    let swapped = format!("{}{}", &gone[..36], &session[36..]);
    for forged in [
        &session[..36],
        stem,
        &format!("{stem}.{}", &signature[..10]),
        &swapped,
        "x.y.z",
    ] {
        for reply in everything(&ada, forged).await {
            assert_problem(&reply, Code::InvalidSessionId, Some("session_id"));
        }
    }
    every_frame(
        &mut phone,
        &swapped,
        Code::InvalidSessionId,
        Some("session_id"),
    )
    .await;
    // A ping goes on without it; the sync that it asks for says why.
    phone
        .send(&json!({"type": "ping", "cursors": {&swapped: 0}}))
        .await;
    assert_eq!(phone.next_of("pong").await["behind"], json!([swapped]));

    let messages = ada.rest.history(&session, &[]).await.ok();
    assert_eq!(messages["message_count"], 1, "nothing was stored");
}

#[tokio::test]
async fn a_session_past_its_end_is_over_for_its_owner_too() {
    let stack = TestStack::with()
        .variable("MESSAGE_RETENTION", "4s")
        .no_schedules()
        .start()
        .await;
    let ada = stack.guest().await;
    let mut phone = ada.device("phone").await;
    let (read, unread) = (
        ada.open_session("read").await,
        ada.open_session("unread").await,
    );
    // Redis has this one when it ends.
    ada.rest.since(&read, &[("after_change", "0")]).await.ok();
    let listed = ada.rest.sessions().await.ok();
    assert_eq!(listed["sessions"].as_array().map(Vec::len), Some(2));
    // It lives a ninth longer than messages are kept.
    sleep(Duration::from_millis(4_600)).await;
    for session in [&read, &unread] {
        for reply in everything(&ada, session).await {
            assert_problem(&reply, Code::SessionExpired, None);
        }
    }
    every_frame(&mut phone, &unread, Code::SessionExpired, None).await;
    assert_eq!(
        ada.rest.sessions().await.ok(),
        json!({"sessions": [], "next": null})
    );
}

#[tokio::test]
async fn what_is_not_there_and_what_a_role_does_not_allow_is_told_apart() {
    let stack = TestStack::with().no_schedules().start().await;
    let (ada, bob) = (stack.guest().await, stack.guest().await);
    let session = ada.open_session("roles").await;
    ada.rest.add_member(&session, &bob.id, "member").await.ok();
    for refused in [
        bob.rest.rename_session(&session, "mine").await,
        bob.rest.delete_session(&session).await,
        bob.rest.add_member(&session, NOBODY, "member").await,
        bob.rest.remove_member(&session, &ada.id).await,
        // The owner stays until the session goes.
        ada.rest.remove_member(&session, &ada.id).await,
        ada.rest.add_member(&session, &ada.id, "member").await,
    ] {
        assert_problem(&refused, Code::Forbidden, None);
    }
    let refused = ada.rest.add_member(&session, NOBODY, "member").await;
    assert_problem(&refused, Code::UserNotFound, None);
    let refused = ada.rest.since(&session, &[("after_id", NOBODY)]).await;
    assert_problem(&refused, Code::MessageNotFound, None);
    let refused = ada.rest.edit(&session, NOBODY, 1, "hi").await;
    assert_problem(&refused, Code::MessageNotFound, None);

    let members = ada.rest.members(&session).await.ok();
    let roles: Vec<&Value> = members["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|member| &member["role"])
        .collect();
    assert_eq!(roles, ["owner", "member"]);
}

#[tokio::test]
async fn who_comes_second_is_shown_what_there_is_and_who_comes_from_elsewhere_starts_over() {
    let stack = TestStack::with().no_schedules().start().await;
    let ada = stack.guest().await;
    let session = ada.open_session("one").await;
    ada.rest.rename_session(&session, "two").await.ok();
    let revision = json!({"version": 1, "title": "three"});
    let mut refused = ada.rest.revise_session(&session, &revision).await;
    let current = refused.body.as_object_mut().unwrap().remove("current");
    assert_problem(&refused, Code::Conflict, None);
    assert_eq!(current.unwrap(), ada.rest.session(&session).await.ok());

    let refused = ada.rest.since(&session, &[("cursor", "elsewhere.0")]).await;
    assert_problem(&refused, Code::Reset, None);
    let refused = ada.rest.since(&session, &[("after_change", "1")]).await;
    assert_problem(&refused, Code::Reset, None);
}
