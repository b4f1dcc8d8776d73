//! Talking: how fast it looks, what becomes of a message, and who types.

use std::time::{Duration, Instant};

use serde_json::json;
use tests::{Device, Page};

use crate::scene::{Scene, move_on, online, row, say, texts, until_shown, until_state};

/// Sends as the Enter key does, and gives the milliseconds until the message stood in the document of a drawn frame.
const SEND_AND_MEASURE: &str = "(async text => {
    const field = document.querySelector('.composer textarea');
    field.value = text;
    field.dispatchEvent(new Event('input', {bubbles: true}));
    const begun = performance.now();
    field.form.requestSubmit();
    while (![...document.querySelectorAll('.text')].some(one => one.textContent === text)) await new Promise(requestAnimationFrame);
    return performance.now() - begun;
})";

#[tokio::test]
async fn a_message_shows_at_once_and_becomes_sent_delivered_and_read() {
    let Some(scene) = Scene::set().await else {
        return;
    };
    let phone = scene.guest().await;
    let mut best = f64::INFINITY;
    // A machine with much else to do needs more tries.
    for try_ in 0..20 {
        if best < 50.0 {
            break;
        }
        let millis = phone
            .eval(&format!("{SEND_AND_MEASURE}('Quick {try_}')"))
            .await;
        best = best.min(millis.as_f64().unwrap());
        until_state(&phone, &format!("Quick {try_}"), &["sent"]).await;
    }
    assert!(best < 50.0, "shown after {best} ms at best");

    let (shop, session) = scene.shop(&phone, "assistant").await;
    let mut device = shop.device("till").await;
    say(&phone, "Hello there").await;
    let push = device.next_of("message").await;
    until_state(&phone, "Hello there", &["delivered"]).await;
    device.send(&json!({"type": "read", "id": "r", "session_id": session, "seq": push["message"]["seq"]})).await;
    until_state(&phone, "Hello there", &["read"]).await;
    phone
        .until(&format!(
            "{}.querySelector('.became').textContent.startsWith('read')",
            row("Hello there")
        ))
        .await;
    phone.no_mistakes();
}

#[tokio::test]
async fn two_windows_of_one_person_show_the_same() {
    let Some(scene) = Scene::set().await else {
        return;
    };
    let left = scene.guest().await;
    let right = left.another().await;
    right.go(&format!("{}?lang=en", scene.url())).await;
    online(&right).await;
    for number in 0..3 {
        say(&left, &format!("left {number}")).await;
        say(&right, &format!("right {number}")).await;
    }
    left.until("document.querySelectorAll('.message.sent').length === 6")
        .await;
    right
        .until("document.querySelectorAll('.message.sent').length === 6")
        .await;
    assert_eq!(texts(&left).await, texts(&right).await);
    left.no_mistakes();
    right.no_mistakes();
}

const TYPING: &str = "document.querySelector('.typing').textContent === 'Assistant is typing…'";
const NOBODY_TYPES: &str = "document.querySelector('.typing').textContent === ''";

/// Types until a page shows it within half a second, and tells when that try began. A machine with much else to do needs more tries.
async fn typing_shows_quickly(page: &Page, till: &mut Device, session: &str) -> Instant {
    let frame = |typing| json!({"type": "user_typing", "session_id": session, "typing": typing});
    for _ in 0..20 {
        let begun = Instant::now();
        till.send(&frame(true)).await;
        page.until(TYPING).await;
        if begun.elapsed() < Duration::from_millis(500) {
            return begun;
        }
        till.send(&frame(false)).await;
        page.until(NOBODY_TYPES).await;
    }
    panic!("it took more than half a second each time");
}

#[tokio::test]
async fn typing_shows_quickly_and_ends_by_itself_or_with_the_message() {
    let Some(scene) = Scene::set().await else {
        return;
    };
    let phone = scene.guest().await;
    let (shop, session) = scene.shop(&phone, "assistant").await;
    let mut till = shop.device("till").await;
    let typing = json!({"type": "user_typing", "session_id": session, "typing": true});
    // The first notice asks who is a member.
    till.send(&typing).await;
    phone.until(TYPING).await;

    let message = till.message(&session, "One moment").await;
    assert_eq!(message["type"], "ack");
    until_shown(&phone, "One moment").await;
    assert_eq!(
        phone.eval(NOBODY_TYPES).await,
        true,
        "the message has ended it"
    );

    move_on(&phone, Duration::from_secs(1)).await;
    let begun = typing_shows_quickly(&phone, &mut till, &session).await;
    phone.picture("typing").await;
    phone.within(Duration::from_secs(8), NOBODY_TYPES).await;
    let lasted = begun.elapsed();
    assert!(
        lasted > Duration::from_secs(5),
        "without a stop it lasts six seconds, not {lasted:?}"
    );

    // And the other way: the page says that its user types, and stops by itself.
    phone
        .eval("document.querySelector('.composer textarea').focus()")
        .await;
    phone.type_text("I").await;
    assert_eq!(till.next_of("user_typing").await["typing"], true);
    assert_eq!(till.next_of("user_typing").await["typing"], false);
    phone.no_mistakes();
}

#[tokio::test]
async fn who_writes_many_lines_stays_at_the_end() {
    let Some(scene) = Scene::set().await else {
        return;
    };
    let page = scene.guest().await;
    scene.long_conversation(&page, 100).await;
    until_shown(&page, "Message 100").await;
    page.eval("document.querySelector('.composer textarea').focus()")
        .await;
    page.type_text("One\nTwo\nThree\nFour\nFive").await;
    for _ in 0..3 {
        page.eval("new Promise(done => setTimeout(done, 100))")
            .await;
        page.type_text("!").await;
    }
    page.eval("new Promise(done => setTimeout(done, 300))")
        .await;
    let left = "(it => it.scrollHeight - it.scrollTop - it.clientHeight)(document.querySelector('.scroller'))";
    let left = page.eval(left).await.as_f64().unwrap();
    assert!(left < 1.0, "{left} px from the end");
    assert_eq!(
        page.eval("document.querySelector('.chip').checkVisibility()")
            .await,
        false
    );
    page.no_mistakes();
}
