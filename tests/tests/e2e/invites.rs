//! Invites by link, and what members hear of one another.

use std::time::Duration;

use serde_json::{Value, json};
use tests::{Device, TestStack, User};
use tokio_postgres::types::Type;

async fn start() -> TestStack {
    TestStack::with().no_schedules().start().await
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    let field = value[name].as_str();
    field.unwrap_or_else(|| panic!("no {name} in {value:#}"))
}

async fn members(user: &User, session: &str) -> Vec<String> {
    let list = user.rest.members(session).await.ok();
    let members = list["members"].as_array().unwrap().iter();
    members
        .map(|member| text(member, "user_id").to_owned())
        .collect()
}

#[tokio::test]
async fn an_invite_lets_one_user_in_once_and_everybody_hears_of_it() {
    let stack = start().await;
    let (ada, bob, eve) = (
        stack.guest().await,
        stack.guest().await,
        stack.guest().await,
    );
    let session = ada.open_session("team").await;
    let mut phone = ada.device("phone").await;
    let mut newcomer = bob.device("laptop").await;

    let made = ada
        .rest
        .invite(&session, &json!({"role": "assistant"}))
        .await;
    assert_eq!(made.status, 201);
    let secret = text(&made.body, "invite").to_owned();
    assert_eq!(made.body["role"], "assistant");
    let listed = ada.rest.invites(&session).await.ok();
    assert_eq!(
        text(&listed["invites"][0], "invite_id"),
        text(&made.body, "invite_id")
    );
    assert!(
        !listed.to_string().contains(&secret),
        "the secret is shown once"
    );

    // A member already is a member; the invite is for somebody else.
    let own = ada.rest.accept_invite(&secret).await;
    assert_eq!(
        (own.status.as_u16(), &own.body["role"]),
        (200, &json!("owner"))
    );

    let joined = bob.rest.accept_invite(&secret).await;
    assert_eq!(joined.status, 200);
    assert_eq!(
        (&joined.body["role"], &joined.body["title"]),
        (&json!("assistant"), &json!("team"))
    );
    for device in [&mut phone, &mut newcomer] {
        let push = device.next_of("member_joined").await;
        assert_eq!(text(&push["member"], "user_id"), bob.id);
        assert_eq!(push["member"]["role"], "assistant");
        assert_eq!(
            text(&push, "session_id").split('.').next(),
            session.split('.').next()
        );
    }
    assert_eq!(members(&bob, &session).await, [&*ada.id, &*bob.id]);
    // Who has used it may ask again, as after a lost answer; nobody else may.
    let refused = eve.rest.accept_invite(&secret).await;
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (404, Some("invite_invalid"))
    );
    let none = ada.rest.invites(&session).await.ok();
    assert_eq!(none["invites"], json!([]));
    phone.message(&session, "welcome").await;
    newcomer.next_of("message").await;
}

#[tokio::test]
async fn who_has_used_an_invite_may_ask_again_while_they_are_a_member() {
    let stack = start().await;
    let (ada, bob, eve) = (
        stack.guest().await,
        stack.guest().await,
        stack.guest().await,
    );
    let session = ada.open_session("team").await;
    let made = ada.rest.invite(&session, &json!({})).await.ok();
    let secret = text(&made, "invite");
    let joined = bob.rest.accept_invite(secret).await.ok();
    assert_eq!(bob.rest.accept_invite(secret).await.ok(), joined);
    let others = eve.rest.accept_invite(secret).await;
    assert_eq!(others.code(), Some("invite_invalid"));
    // There is nothing left to revoke.
    let id = text(&made, "invite_id");
    let revoked = ada.rest.revoke_invite(&session, id).await;
    assert_eq!(revoked.code(), Some("invite_invalid"));

    // The guest has an account now, and is asked by it whether that has arrived.
    let account = stack.sign_up("bob@example.org", "long enough").await;
    let moved = bob.rest.log_in("bob@example.org", "long enough").await;
    assert_eq!(moved.status, 200);
    let again = account.rest.accept_invite(secret).await.ok();
    assert_eq!(text(&again, "session_id"), text(&joined, "session_id"));

    ada.rest.remove_member(&session, &account.id).await.ok();
    let back = account.rest.accept_invite(secret).await;
    assert_eq!(back.code(), Some("invite_invalid"));
}

/// The first let them in and came no further.
#[tokio::test]
async fn an_invite_that_comes_again_tells_the_members_again() {
    let stack = start().await;
    let (ada, bob) = (stack.guest().await, stack.guest().await);
    let session = ada.open_session("team").await;
    let mut phone = ada.device("phone").await;
    let made = ada.rest.invite(&session, &json!({})).await.ok();
    let sql = "SELECT outcome FROM invite_accept(sha256(convert_to($1, 'UTF8')), $2, 10)";
    let (secret, user) = (text(&made, "invite"), bob.id.parse::<uuid::Uuid>().unwrap());
    let params = [(&secret as _, Type::TEXT), (&user as _, Type::UUID)];
    let database = stack.database().await;
    let rows = database.query_typed(sql, &params).await.unwrap();
    assert_eq!(rows[0].get::<_, &str>("outcome"), "joined");

    bob.rest.accept_invite(secret).await.ok();
    let push = phone.next_of("member_joined").await;
    assert_eq!(text(&push["member"], "user_id"), bob.id);
}

#[tokio::test]
async fn of_two_who_use_an_invite_at_once_one_gets_in() {
    let stack = start().await;
    let ada = stack.guest().await;
    let session = ada.open_session("one place").await;
    for _ in 0..5 {
        let (bob, eve) = (stack.guest().await, stack.guest().await);
        let invite = ada.rest.invite(&session, &json!({})).await.ok();
        let secret = text(&invite, "invite");
        let both = tokio::join!(
            bob.rest.accept_invite(secret),
            eve.rest.accept_invite(secret)
        );
        let mut statuses = [both.0.status.as_u16(), both.1.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 404]);
    }
}

#[tokio::test]
async fn what_is_unknown_revoked_expired_or_of_a_session_that_is_gone_lets_nobody_in() {
    let stack = start().await;
    let (ada, eve) = (stack.guest().await, stack.guest().await);
    let session = ada.open_session("closed").await;
    let other = ada.open_session("other").await;
    let make = async |session: &str| {
        let made = ada
            .rest
            .invite(session, &json!({"expires_in": 60}))
            .await
            .ok();
        (
            text(&made, "invite_id").to_owned(),
            text(&made, "invite").to_owned(),
        )
    };
    let (revoked_id, revoked) = make(&session).await;
    let wrong_place = ada.rest.revoke_invite(&other, &revoked_id).await;
    assert_eq!(wrong_place.code(), Some("invite_invalid"));
    let done = ada.rest.revoke_invite(&session, &revoked_id).await;
    assert_eq!(done.status, 204);
    let twice = ada.rest.revoke_invite(&session, &revoked_id).await;
    assert_eq!(twice.code(), Some("invite_invalid"));

    let (expired_id, expired) = make(&session).await;
    let id: uuid::Uuid = expired_id.parse().unwrap();
    let sql = "UPDATE invites SET expires_at = now() - interval '1 second' WHERE id = $1";
    let database = stack.database().await;
    let params = [(&id as _, Type::UUID)];
    database.query_typed(sql, &params).await.unwrap();
    assert_eq!(ada.rest.invites(&session).await.ok()["invites"], json!([]));

    let (_, gone) = make(&other).await;
    ada.rest.delete_session(&other).await;
    for secret in [
        &*revoked,
        &*expired,
        &*gone,
        "nobody's",
        "",
        &"x".repeat(10_000),
    ] {
        let refused = eve.rest.accept_invite(secret).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code()),
            (404, Some("invite_invalid")),
            "{secret:.20}"
        );
    }
    assert_eq!(members(&ada, &session).await, [&*ada.id]);
}

#[tokio::test]
async fn the_owner_alone_makes_sees_and_revokes_invites() {
    let stack = start().await;
    let conversation = stack.conversation().await;
    let (session, stranger) = (&conversation.session, stack.guest().await);
    let made = conversation.ada.rest.invite(session, &json!({})).await.ok();
    for (user, code) in [
        (&conversation.shop, "forbidden"),
        (&stranger, "not_a_member"),
    ] {
        let id = text(&made, "invite_id");
        for refused in [
            user.rest.invite(session, &json!({})).await,
            user.rest.invites(session).await,
            user.rest.revoke_invite(session, id).await,
        ] {
            assert_eq!(refused.code(), Some(code));
        }
    }
    let rest = &conversation.ada.rest;
    for (wish, field) in [
        (json!({"role": "owner"}), "role"),
        (json!({"role": 1}), "role"),
        (json!({"expires_in": 59}), "expires_in"),
        (json!({"expires_in": 604_801}), "expires_in"),
        (json!({"expires_in": "1h"}), "expires_in"),
    ] {
        let refused = rest.invite(session, &wish).await;
        assert_eq!(
            (refused.code(), &refused.body["field"]),
            (Some("invalid_field"), &json!(field))
        );
    }
    for wish in [json!({"expires_in": 60}), json!({"expires_in": 604_800})] {
        rest.invite(session, &wish).await.ok();
    }
}

#[tokio::test]
async fn a_session_has_100_open_invites_and_not_one_more() {
    let stack = start().await;
    let ada = stack.guest().await;
    let session = ada.open_session("many").await;
    let wish = json!({});
    let make = || ada.rest.invite(&session, &wish);
    let made = futures_util::future::join_all((0..100).map(|_| make())).await;
    assert!(made.iter().all(|reply| reply.status == 201));
    assert_eq!(make().await.code(), Some("limit_reached"));
    let id = text(&made[0].body, "invite_id");
    ada.rest.revoke_invite(&session, id).await;
    make().await.ok();
    assert_eq!(make().await.code(), Some("limit_reached"));

    // One that was used is not open.
    let bob = stack.guest().await;
    let secret = text(&made[1].body, "invite");
    bob.rest.accept_invite(secret).await.ok();
    make().await.ok();
    assert_eq!(make().await.code(), Some("limit_reached"));
    let open = ada.rest.invites(&session).await.ok();
    assert_eq!(open["invites"].as_array().map(Vec::len), Some(100));
}

async fn assert_left(device: &mut Device, user: &User) {
    let push = device.next_of("member_left").await;
    assert_eq!(text(&push, "user_id"), user.id);
}

#[tokio::test]
async fn a_removed_member_hears_of_it_and_of_nothing_more() {
    let stack = start().await;
    let conversation = stack.conversation().await;
    let (ada, shop, session) = (
        &conversation.ada,
        &conversation.shop,
        &*conversation.session,
    );
    let bob = stack.guest().await;
    ada.rest.add_member(session, &bob.id, "member").await.ok();
    let mut phone = ada.device("phone").await;
    let mut desk = shop.device("desk").await;
    let mut laptop = bob.device("laptop").await;
    let typing = json!({"type": "user_typing", "session_id": session, "typing": true});
    phone.send(&typing).await;
    laptop.next_of("user_typing").await;

    let removed = ada.rest.remove_member(session, &bob.id).await;
    assert_eq!(removed.status, 204);
    for device in [&mut phone, &mut desk, &mut laptop] {
        assert_left(device, &bob).await;
    }
    phone.message(session, "between us").await;
    desk.next_of("message").await;
    let read = json!({"type": "read", "session_id": session, "seq": 1});
    desk.request(read).await;
    phone.next_of("read").await;
    // Who typing is told to is remembered for two seconds.
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    laptop.pushes();
    phone.send(&typing).await;
    desk.next_of("user_typing").await;
    laptop.silence(Duration::from_millis(300)).await;
    assert_eq!(
        bob.rest
            .since(session, &[("after_change", "0")])
            .await
            .code(),
        Some("not_a_member")
    );

    // A member leaves by themselves.
    shop.rest.remove_member(session, &shop.id).await;
    for device in [&mut phone, &mut desk] {
        assert_left(device, shop).await;
    }
}

/// The first showed them out and came no further; or its answer was lost.
#[tokio::test]
async fn a_removal_that_comes_again_succeeds_and_is_told_again() {
    let stack = start().await;
    let conversation = stack.conversation().await;
    let (ada, shop, session) = (
        &conversation.ada,
        &conversation.shop,
        &*conversation.session,
    );
    let mut phone = ada.device("phone").await;
    let mut desk = shop.device("desk").await;
    // Redis knows the members from this.
    shop.rest
        .since(session, &[("after_change", "0")])
        .await
        .ok();
    let database = stack.database().await;
    let sql = "DELETE FROM members WHERE user_id = $1";
    let user = shop.id.parse::<uuid::Uuid>().unwrap();
    let removed = database.query_typed(sql, &[(&user, Type::UUID)]).await;
    removed.unwrap();

    for _ in 0..2 {
        let again = ada.rest.remove_member(session, &shop.id).await;
        assert_eq!(again.status, 204, "{}", again.body);
        for device in [&mut phone, &mut desk] {
            assert_left(device, shop).await;
        }
    }
    let page = shop.rest.since(session, &[("after_change", "0")]).await;
    assert_eq!(page.code(), Some("not_a_member"));
    // Whoever leaves may say so again as well; the owner stays.
    let left = shop.rest.remove_member(session, &shop.id).await;
    assert_eq!(left.status, 204, "{}", left.body);
    let others = shop.rest.remove_member(session, &ada.id).await;
    assert_eq!(others.code(), Some("not_a_member"));
    let owner = ada.rest.remove_member(session, &ada.id).await;
    assert_eq!(owner.code(), Some("forbidden"));
}
