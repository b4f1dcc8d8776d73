//! The list of sessions, and what can be done with one.

use serde_json::json;
use tests::{Page, User};

use super::{Walk, cancel, fill, refused, to_list};
use crate::scene::{online, until_shown};

/// As long as a title may be.
const LONG_TITLE: usize = 200;

pub(super) async fn story(walk: &Walk<'_>) {
    let page = walk.guest().await;
    page.click(".side .menu-button").await;
    walk.look(&page, "menu").await;
    page.key("Escape", 0).await;
    account(walk, &page).await;
    to_list(&page).await;
    walk.look(&page, "nothing-chosen").await;
    page.size(360, 720).await;
    page.click(".side .menu-button").await;
    walk.look(&page, "list-menu").await;
    page.key("Escape", 0).await;

    walk.press(&page, "newConversation").await;
    page.until("document.querySelector('dialog[open]')").await;
    walk.look(&page, "new-conversation").await;
    fill(&page, &[&"1234567890".repeat(LONG_TITLE / 10)]).await;
    page.until("document.querySelector('.session-head h2').textContent.length === 200")
        .await;
    online(&page).await;
    walk.look(&page, "long-title").await;

    let user = walk.scene.user(&page).await;
    let session = walk.scene.newest_session(&user).await;
    options(walk, &page, &user, &session).await;
    unread(walk, &page, &user).await;
    unknown(walk, &page, &user).await;
    page.no_mistakes();
}

/// Signing up and out.
async fn account(walk: &Walk<'_>, page: &Page) {
    let tag = walk.look.tag;
    let taken = format!("taken-{tag}-{}@example.com", uuid::Uuid::now_v7());
    walk.scene
        .stack
        .sign_up(&taken, "correct horse battery")
        .await;
    for (key, state) in [
        ("logIn", "log-in-as-guest"),
        ("logOut", "log-out-guest"),
        ("schedules", "schedules"),
    ] {
        page.click(".side .menu-button").await;
        walk.press(page, key).await;
        walk.dialog(page, state).await;
    }
    page.click(".side .menu-button").await;
    walk.press(page, "signUp").await;
    walk.look(page, "sign-up").await;
    fill(page, &[&taken, "correct horse battery"]).await;
    refused(page).await;
    walk.look(page, "sign-up-refused").await;
    fill(page, &[&format!("new-{taken}"), "correct horse battery"]).await;
    page.until("!document.querySelector('dialog')").await;
    page.click(".side .menu-button").await;
    walk.look(page, "menu-of-account").await;
    walk.press(page, "logOut").await;
    walk.dialog(page, "log-out-account").await;
}

/// What can be done with a session, by its owner and by a member.
async fn options(walk: &Walk<'_>, page: &Page, user: &User, session: &str) {
    page.click(".session-head .menu-button").await;
    walk.look(page, "options-of-owner").await;
    page.key("Escape", 0).await;
    walk.option(page, "rename").await;
    walk.dialog(page, "rename").await;

    walk.option(page, "invite").await;
    walk.look(page, "invite").await;
    page.click("dialog [type=submit]").await;
    page.until("document.querySelector('dialog input')?.value.includes('#/join/')")
        .await;
    walk.look(page, "invite-link").await;
    let link = page
        .eval("document.querySelector('dialog input').value.replace(/.*#/, '#')")
        .await;
    let link = link.as_str().unwrap();
    cancel(page).await;

    let bob = walk.stranger(link).await;
    walk.look(&bob, "invited").await;
    walk.press(&bob, "startAsGuest").await;
    bob.until("document.querySelector('.session-head')").await;
    online(&bob).await;
    bob.click(".session-head .menu-button").await;
    walk.look(&bob, "options-of-member").await;
    walk.press(&bob, "leave").await;
    walk.dialog(&bob, "leave").await;
    let id = walk.scene.user(&bob).await.id;
    user.rest.remove_member(session, &id).await.ok();
    bob.until("document.querySelector('.message-list .notice-title')")
        .await;
    walk.look(&bob, "removed").await;
    bob.no_mistakes();

    let eve = walk.stranger(link).await;
    walk.press(&eve, "startAsGuest").await;
    walk.dialog(&eve, "invite-used").await;
    walk.look(&eve, "no-conversations").await;
    let id = walk.scene.user(&eve).await.id;
    user.rest.add_member(session, &id, "member").await.ok();
    eve.click(".session").await;
    online(&eve).await;

    walk.option(page, "deleteConversation").await;
    walk.look(page, "delete").await;
    page.click("dialog .danger").await;
    eve.until("document.querySelector('.message-list .notice-title')")
        .await;
    walk.look(&eve, "deleted").await;
    eve.no_mistakes();
}

/// More is unread than anybody counts.
async fn unread(walk: &Walk<'_>, page: &Page, user: &User) {
    let shop = walk.scene.stack.guest().await;
    let session = user.open_session("1234").await;
    user.rest
        .add_member(&session, &shop.id, "assistant")
        .await
        .ok();
    walk.scene.fill(&session, &shop, 120, ["#", "42"]).await;
    page.reload().await;
    page.until("document.querySelector('.session .badge')?.checkVisibility()")
        .await;
    walk.look(page, "unread").await;
}

/// What stands there before the server has answered, or when it does not.
async fn unknown(walk: &Walk<'_>, page: &Page, user: &User) {
    page.hold("*/api/chat/*").await;
    page.reload().await;
    page.until("document.querySelector('.skeleton')").await;
    walk.look(page, "list-loading").await;
    page.let_go().await;
    page.until("document.querySelector('.session')").await;

    page.block(&["*/api/chat/sessions"]).await;
    page.reload().await;
    page.until("document.querySelector('.session-list .notice-title')")
        .await;
    walk.look(page, "list-failed").await;
    page.block(&[]).await;
    walk.press(page, "tryAgain").await;
    page.until("document.querySelector('.session')").await;

    page.hold("*/api/chat/sessions/*/members").await;
    page.click(".session").await;
    page.until("document.querySelector('.message-list .skeleton')")
        .await;
    walk.look(page, "conversation-loading").await;
    page.let_go().await;
    until_shown(page, "# 1").await;
    to_list(page).await;
    page.block(&["*/api/chat/sessions/*/members"]).await;
    page.reload().await;
    page.click(".session").await;
    page.until("document.querySelector('.message-list .notice-title')")
        .await;
    walk.look(page, "conversation-failed").await;
    page.block(&[]).await;
    page.click(".message-list .button").await;
    until_shown(page, "# 1").await;
    let revised = json!({"title": "5"});
    let session = walk.scene.newest_session(user).await;
    user.rest.revise_session(&session, &revised).await.ok();
    page.until("document.querySelector('.session-head h2').textContent === '5'")
        .await;
}
