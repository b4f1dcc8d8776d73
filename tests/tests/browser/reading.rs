//! What counts as read: what was on a screen that somebody could see, and nothing else.

use std::time::Duration;

use serde_json::Value;
use tests::{Page, User};
use tokio::time::sleep;

use crate::scene::{Scene, online, until_shown};

async fn mark(user: &User, session: &str) -> i64 {
    let members = user.rest.members(session).await.ok();
    let members = members["members"].as_array().unwrap().clone();
    let own = members
        .iter()
        .find(|one| one["user_id"] == user.id.as_str());
    own.unwrap()["read_seq"].as_i64().unwrap()
}

/// Waits until the server knows a mark.
async fn until_mark(user: &User, session: &str, seq: i64) {
    for _ in 0..200 {
        if mark(user, session).await == seq {
            return;
        }
        sleep(Duration::from_millis(50)).await;
    }
    panic!("{} instead of {seq}", mark(user, session).await);
}

/// The mark where it comes to rest, once it has moved on.
async fn resting_mark(user: &User, session: &str, from: i64) -> i64 {
    let mut last = from;
    for _ in 0..15 {
        sleep(Duration::from_millis(700)).await;
        let now = mark(user, session).await;
        if now == last && now != from {
            return now;
        }
        last = now;
    }
    panic!("it does not rest: {last}");
}

async fn visible(page: &Page, visible: bool) {
    let state = if visible { "visible" } else { "hidden" };
    page.eval(&format!(
        "Object.defineProperty(document, 'visibilityState', {{configurable: true, get: () => '{state}'}}); document.dispatchEvent(new Event('visibilitychange'))"
    ))
    .await;
}

#[tokio::test]
async fn a_mark_moves_only_over_what_was_on_a_visible_screen_and_is_the_same_on_all_devices() {
    let Some(scene) = Scene::set().await else {
        return;
    };
    let phone = scene.guest().await;
    let ada = scene.user(&phone).await;
    let (shop, session) = scene.shop(&phone, "assistant").await;

    shop.rest.send(&session, "a", "Seen at once").await.ok();
    until_shown(&phone, "Seen at once").await;
    until_mark(&ada, &session, 1).await;

    // A page that nobody can see reads nothing, though it shows the message.
    visible(&phone, false).await;
    shop.rest
        .send(&session, "b", "Behind another window")
        .await
        .ok();
    until_shown(&phone, "Behind another window").await;
    phone
        .until("document.querySelector('.session .badge').textContent.includes('1 unread message')")
        .await;
    sleep(Duration::from_millis(700)).await;
    assert_eq!(mark(&ada, &session).await, 1);
    visible(&phone, true).await;
    until_mark(&ada, &session, 2).await;
    phone
        .until("!document.querySelector('.session .badge').checkVisibility()")
        .await;

    // What is below the screen is not read until the reader comes to it.
    visible(&phone, false).await;
    for number in 0..60 {
        shop.rest
            .send(
                &session,
                &format!("many-{number}"),
                &format!("Number {number}"),
            )
            .await
            .ok();
    }
    let laptop = phone.another().await;
    laptop.go(&format!("{}?lang=en", scene.url())).await;
    online(&laptop).await;
    laptop
        .until("document.querySelector('.fresh:not([hidden])')")
        .await;
    until_shown(&laptop, "Number 0").await;
    let there = resting_mark(&ada, &session, 2).await;
    let last_seen = laptop
        .eval("(() => { const edge = document.querySelector('.scroller').getBoundingClientRect().bottom;
            return [...document.querySelectorAll('.message')].filter(one => one.getBoundingClientRect().bottom <= edge).length })()")
        .await
        .as_i64()
        .unwrap();
    assert!(
        (3..55).contains(&there) && (there - last_seen).abs() <= 1,
        "{there}, and {last_seen} are on the screen"
    );
    laptop.picture("unread").await;
    let unread: Value = (62 - there).into();
    for page in [&phone, &laptop] {
        page.until(&format!(
            "document.querySelector('.session .badge').textContent.includes('{unread} unread')"
        ))
        .await;
    }

    // The button goes to the end; what was skipped stays unread, and what is scrolled over is read.
    laptop.click(".chip").await;
    until_shown(&laptop, "Number 59").await;
    sleep(Duration::from_millis(500)).await;
    assert_eq!(mark(&ada, &session).await, there);
    laptop.eval("(async () => { const scroller = document.querySelector('.scroller');
        for (scroller.scrollTop = 0; scroller.scrollTop + scroller.clientHeight < scroller.scrollHeight - 1; scroller.scrollTop += 150)
            await new Promise(done => setTimeout(done, 60)) })()").await;
    until_mark(&ada, &session, 62).await;

    // Who does not want to read all of it says so.
    visible(&laptop, false).await;
    shop.rest.send(&session, "last", "Never seen").await.ok();
    laptop.until("document.title === '(1) Gatepost'").await;
    laptop.click(".session-head .menu-button").await;
    laptop.click_button("Mark as read").await;
    until_mark(&ada, &session, 63).await;
    for page in [&phone, &laptop] {
        page.until("!document.querySelector('.session .badge').checkVisibility()")
            .await;
        page.no_mistakes();
    }
}

#[tokio::test]
async fn a_message_many_times_as_high_as_the_window_is_read_by_scrolling_over_it() {
    let Some(scene) = Scene::set().await else {
        return;
    };
    let phone = scene.guest().await;
    let ada = scene.user(&phone).await;
    let (shop, session) = scene.shop(&phone, "assistant").await;
    visible(&phone, false).await;
    for number in 0..40 {
        let (id, text) = (format!("short-{number}"), format!("Number {number}"));
        shop.rest.send(&session, &id, &text).await.ok();
    }
    let tall = ["A line of many"; 400].join("\n");
    for (id, text) in [("tall", tall.as_str()), ("after", "After it")] {
        shop.rest.send(&session, id, text).await.ok();
    }
    let laptop = phone.another().await;
    laptop.go(&format!("{}?lang=en", scene.url())).await;
    online(&laptop).await;
    until_shown(&laptop, "Number 0").await;
    laptop.eval("(async () => { const scroller = document.querySelector('.scroller');
        for (; scroller.scrollTop + scroller.clientHeight < scroller.scrollHeight - 1; scroller.scrollTop += 200)
            await new Promise(done => setTimeout(done, 60)) })()").await;
    until_mark(&ada, &session, 42).await;
    laptop.no_mistakes();
}

#[tokio::test]
async fn a_conversation_opened_again_begins_where_its_reader_left_off() {
    let Some(scene) = Scene::set().await else {
        return;
    };
    let page = scene.guest().await;
    let (shop, session) = scene.shop(&page, "assistant").await;
    scene.long_conversation(&page, 300).await;
    until_shown(&page, "Message 300").await;
    page.click_button("New conversation").await;
    page.type_text("Teapots").await;
    page.key("Enter", 0).await;
    page.until("document.querySelector('.session-head h2').textContent === 'Teapots'")
        .await;
    for number in 0..30 {
        let (id, text) = (format!("new-{number}"), format!("Number {number}"));
        shop.rest.send(&session, &id, &text).await.ok();
    }
    page.until(
        "document.querySelector('.session .badge').textContent.includes('30 unread messages')",
    )
    .await;
    page.click(".session").await;
    page.until("document.querySelector('.fresh:not([hidden])')")
        .await;
    until_shown(&page, "Number 0").await;
    page.eval("new Promise(done => setTimeout(done, 300))")
        .await;
    let below = page
        .eval("document.querySelector('.fresh:not([hidden])').getBoundingClientRect().top - document.querySelector('.scroller').getBoundingClientRect().top")
        .await
        .as_f64()
        .unwrap();
    assert!(
        (0.0..200.0).contains(&below),
        "what is new begins {below} px below the edge"
    );
    page.no_mistakes();
}
