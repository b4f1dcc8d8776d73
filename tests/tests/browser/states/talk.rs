//! Messages.

use serde_json::{Value, json};
use tests::{Device, Page, User};

use super::Walk;
use crate::scene::{delete, move_on, online, row, say, texts, tool, until_shown, until_state};

use std::time::Duration;

/// More than the page loads at once, and so many of them read.
const MANY: u32 = 260;
const READ: u32 = 200;

pub(super) async fn story(walk: &Walk<'_>) {
    let page = walk.guest().await;
    let (shop, session) = walk.scene.shop(&page, "assistant").await;
    let user = walk.scene.user(&page).await;
    let mut till = shop.device("till").await;
    walk.scene.fill(&session, &shop, MANY, ["#", "42"]).await;
    let mut watch = user.device("watch").await;
    watch
        .send(&json!({"type": "read", "id": "r", "session_id": session, "seq": READ}))
        .await;
    assert_eq!(watch.next_of("ack").await["id"], "r");

    history(walk, &page, &shop, &session).await;
    messages(walk, &page, &mut till, &session).await;
    typing(walk, &page, [&mut till, &mut watch], &session).await;
    composer(walk, &page).await;
    page.no_mistakes();
}

/// What is old, and what is new.
async fn history(walk: &Walk<'_>, page: &Page, shop: &User, session: &str) {
    page.block(&["*before_seq=1*"]).await;
    page.reload().await;
    online(page).await;
    until_shown(page, &format!("# {}", READ + 1)).await;
    walk.look(page, "unread-in-conversation").await;
    page.eval("document.querySelector('.scroller').scrollTop = 0")
        .await;
    page.until("document.querySelector('.history .link')").await;
    shop.rest.send(session, "news", "77").await.ok();
    page.until("document.querySelector('.chip.news')?.checkVisibility()")
        .await;
    page.eval("document.querySelector('.scroller').scrollTop = 0")
        .await;
    walk.look(page, "history-failed").await;
    page.block(&[]).await;
    page.hold("*before_seq*").await;
    page.eval("document.querySelector('.scroller').scrollTop = 0")
        .await;
    page.click(".history .link").await;
    walk.look(page, "history-loading").await;
    page.let_go().await;
    let beginning = "(() => { document.querySelector('.scroller').scrollTop = 0;
        return document.querySelector('.messages').firstElementChild?.querySelector('.text').textContent === '# 1' })()";
    page.until(beginning).await;
    walk.look(page, "beginning").await;
    page.click(".chip").await;
    until_shown(page, "77").await;
}

/// Every state of a message that all is well with.
async fn messages(walk: &Walk<'_>, page: &Page, till: &mut Device, session: &str) {
    say(page, "100").await;
    let seq = next_with(till, "100").await["seq"].clone();
    until_state(page, "100", &["delivered"]).await;
    till.send(&json!({"type": "read", "id": "r", "session_id": session, "seq": seq}))
        .await;
    until_state(page, "100", &["read"]).await;
    say(page, "101").await;
    say(page, &"9876543210".repeat(40)).await;
    say(page, "102\n\n103").await;
    until_state(page, "101", &["delivered"]).await;
    tool(page, "101", "delete").await;
    walk.dialog(page, "delete-message").await;
    delete(page, "101").await;
    page.until(&format!("!{}", row("101"))).await;
    tool(page, "100", "edit").await;
    walk.look(page, "editing").await;
    page.eval("document.querySelector('textarea').select()")
        .await;
    page.type_text("104").await;
    page.key("Enter", 0).await;
    page.until(&format!(
        "{} && !document.querySelector('.saving')",
        row("104")
    ))
    .await;
    let member = walk.scene.stack.guest().await;
    let user = walk.scene.user(page).await;
    user.rest
        .add_member(session, &member.id, "member")
        .await
        .ok();
    page.until("/3|٣/.test(document.querySelector('.session-head p').textContent)")
        .await;
    member.rest.send(session, "m", "105").await.ok();
    until_shown(page, "105").await;
    walk.look(page, "talk").await;
    let shown = texts(page).await;
    assert!(shown.contains(&"104".to_owned()), "{shown:?}");
}

/// One types, or the same person elsewhere, or several.
async fn typing(walk: &Walk<'_>, page: &Page, devices: [&mut Device; 2], session: &str) {
    let [till, watch] = devices;
    let typing =
        |typing: bool| json!({"type": "user_typing", "session_id": session, "typing": typing});
    let differs = |from: &str| {
        format!("!['', {from:?}].includes(document.querySelector('.typing').textContent)")
    };
    // For a second after a message its author is taken not to be typing.
    move_on(page, Duration::from_secs(1)).await;
    till.send(&typing(true)).await;
    page.until(&differs("")).await;
    walk.look(page, "typing").await;
    let one = page
        .eval("document.querySelector('.typing').textContent")
        .await;
    move_on(page, Duration::from_secs(6)).await;
    watch.send(&typing(true)).await;
    page.until(&differs(one.as_str().unwrap())).await;
    walk.look(page, "typing-elsewhere").await;
    let own = page
        .eval("document.querySelector('.typing').textContent")
        .await;
    // The first notice may have ended while this was looked at.
    watch.send(&typing(true)).await;
    till.send(&typing(true)).await;
    page.until(&format!(
        "!['', {one}, {own}].includes(document.querySelector('.typing').textContent)"
    ))
    .await;
    walk.look(page, "several-typing").await;
}

async fn composer(walk: &Walk<'_>, page: &Page) {
    page.eval("document.querySelector('textarea').focus()")
        .await;
    page.type_text(&"1234567890 ".repeat(3_000)).await;
    page.until("document.querySelector('.composer-hint.error')")
        .await;
    walk.look(page, "too-long").await;
}

/// The message with that text, when it comes.
async fn next_with(device: &mut Device, content: &str) -> Value {
    loop {
        let push = device.next_of("message").await;
        if push["message"]["content"] == content {
            return push["message"].clone();
        }
    }
}
