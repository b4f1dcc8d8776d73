//! The list of sessions: new ones, renamed ones, deleted ones, invitations, and what is unread in each.

use serde_json::json;
use tests::Page;

use crate::scene::{Scene, online, say, until_shown, until_state};

/// A place in the upper left corner of an element, closer to its edge than what is in it.
async fn corner(page: &Page, selector: &str) -> [f64; 2] {
    let corner = format!(
        "(({{x, y}}) => [x + 8, y + 8])(document.querySelector({}).getBoundingClientRect())",
        json!(selector)
    );
    let place = page.eval(&corner).await;
    [0, 1].map(|axis| place[axis].as_f64().unwrap())
}

/// Presses the mouse in one place and lets go of it in another.
async fn drag(page: &Page, from: [f64; 2], to: [f64; 2]) {
    let steps = [
        ("mousePressed", from),
        ("mouseMoved", to),
        ("mouseReleased", to),
    ];
    for (kind, [x, y]) in steps {
        let params =
            json!({"type": kind, "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1});
        page.call("Input.dispatchMouseEvent", params).await;
    }
}

#[tokio::test]
async fn the_list_follows_what_happens_in_every_session() {
    let Some(scene) = Scene::set().await else {
        return;
    };
    let phone = scene.guest().await;
    let (shop, first) = scene.shop(&phone, "assistant").await;
    say(&phone, "Hello").await;
    until_state(&phone, "Hello", &["sent", "delivered"]).await;
    phone.click_button("New conversation").await;
    phone.type_text("Teapots").await;
    phone.key("Enter", 0).await;
    phone
        .until("document.querySelector('.session-head h2').textContent === 'Teapots'")
        .await;
    online(&phone).await;

    // The other session is not open: its news are counted and come to the top.
    for number in 0..3 {
        shop.rest
            .send(&first, &format!("n-{number}"), &format!("Number {number}"))
            .await
            .ok();
    }
    phone
        .until(
            "document.querySelector('.session .badge').textContent.includes('3 unread messages')",
        )
        .await;
    phone
        .until("document.querySelector('.session-preview').textContent === 'Number 2'")
        .await;
    phone.picture("unread").await;
    phone.click(".session").await;
    until_shown(&phone, "Number 2").await;
    phone
        .until("!document.querySelector('.session .badge').checkVisibility()")
        .await;

    // A lost push of a session that is not open is found by the list that every connection reads.
    phone
        .until("document.querySelectorAll('.session').length === 2")
        .await;
    let laptop = phone.another().await;
    laptop.go(&format!("{}?lang=en#/", scene.url())).await;
    laptop
        .until("document.querySelectorAll('.session').length === 2")
        .await;
    laptop
        .until("![...document.querySelectorAll('.badge')].some(one => one.checkVisibility())")
        .await;

    phone.click(".session-head .menu-button").await;
    phone.click_button("Rename").await;
    phone
        .eval("document.querySelector('dialog input').select()")
        .await;
    phone.type_text("Kettles").await;
    phone.key("Enter", 0).await;
    for page in [&phone, &laptop] {
        page.until("document.querySelector('.session-title').textContent === 'Kettles'")
            .await;
    }
    phone.until("!document.querySelector('dialog')").await;
    phone.click(".session-head .menu-button").await;
    phone.click_button("Delete for everybody").await;
    phone.click("dialog .danger").await;
    for page in [&phone, &laptop] {
        page.until("document.querySelectorAll('.session').length === 1")
            .await;
        page.no_mistakes();
    }
}

#[tokio::test]
async fn more_conversations_come_when_they_are_asked_for() {
    let Some(scene) = Scene::set().await else {
        return;
    };
    let page = scene.guest().await;
    let user = scene.user(&page).await;
    let sql = include_str!("many_sessions.sql")
        .replace("{user}", &user.id)
        .replace("{many}", "404");
    let database = scene.stack.database().await;
    database.batch_execute(&sql).await.unwrap();
    page.reload().await;
    online(&page).await;
    let rows = "document.querySelectorAll('.session').length";
    page.until(&format!("{rows} === 200")).await;
    page.eval("document.querySelector('.session-list').scrollTo(0, 1e6)")
        .await;
    page.picture("more-conversations").await;

    page.click_button("More conversations").await;
    page.until(&format!("{rows} === 400")).await;
    page.until("document.activeElement === document.querySelectorAll('.session')[200]")
        .await;
    // One that is not shown comes to the top, and the list is read anew as far as it was shown.
    let mut last = user.rest.sessions().await.ok();
    while let Some(next) = last["next"].as_str() {
        last = user.rest.sessions_page(&[("before", next)]).await.ok();
    }
    let oldest = last["sessions"].as_array().unwrap().last().unwrap();
    let oldest = oldest["session_id"].as_str().unwrap();
    user.rest.send(oldest, "k", "Out of the deep").await.ok();
    page.until("document.querySelector('.session-text').textContent === 'Out of the deep'")
        .await;
    page.until(&format!("{rows} === 400")).await;
    page.click_button("More conversations").await;
    page.until(&format!("{rows} === 405")).await;
    page.until("[...document.querySelectorAll('button')].every(one => one.textContent !== 'More conversations' || !one.checkVisibility())")
        .await;
    page.no_mistakes();
}

#[tokio::test]
async fn an_invitation_lets_one_person_in_once() {
    let Some(scene) = Scene::set().await else {
        return;
    };
    let ada = scene.guest().await;
    say(&ada, "Come in").await;
    ada.click(".session-head .menu-button").await;
    ada.click_button("Invite somebody").await;
    ada.click("dialog [type=submit]").await;
    ada.until("document.querySelector('dialog input')?.value.includes('#/join/')")
        .await;
    ada.picture("invite").await;
    let link = ada
        .eval("document.querySelector('dialog input').value")
        .await;
    let link = link.as_str().unwrap();
    ada.key("Escape", 0).await;

    let bob = scene.window().await;
    bob.go(&link.replace("/#", "/?lang=en#")).await;
    bob.click_button("Start as a guest").await;
    until_shown(&bob, "Come in").await;
    say(&bob, "Thank you").await;
    until_shown(&ada, "Thank you").await;
    ada.until("document.querySelector('.session-head p').textContent === '2 members'")
        .await;
    assert_eq!(
        bob.eval("location.hash.includes('join')").await,
        false,
        "the secret does not stay in the address"
    );

    let eve = scene.window().await;
    eve.go(&link.replace("/#", "/?lang=en#")).await;
    eve.click_button("Start as a guest").await;
    eve.until("document.querySelector('dialog .dialog-lead')?.textContent.length > 10")
        .await;
    eve.picture("invite-used").await;
    assert_eq!(
        eve.eval("document.querySelectorAll('.message').length")
            .await,
        0
    );
    for page in [&ada, &bob, &eve] {
        page.no_mistakes();
    }
}

#[tokio::test]
async fn what_is_being_written_waits_in_its_conversation() {
    let Some(scene) = Scene::set().await else {
        return;
    };
    let page = scene.guest().await;
    page.eval("document.querySelector('.composer textarea').focus()")
        .await;
    page.type_text("Half of a").await;
    page.click_button("New conversation").await;
    page.type_text("Teapots").await;
    page.key("Enter", 0).await;
    page.until("document.querySelector('.session-head h2').textContent === 'Teapots'")
        .await;
    assert_eq!(
        page.eval("document.querySelector('.composer textarea').value")
            .await,
        ""
    );
    page.click(".session:not([aria-current])").await;
    page.until("document.querySelector('.composer textarea').value === 'Half of a'")
        .await;
    page.no_mistakes();
}

#[tokio::test]
async fn only_a_press_beside_a_question_cancels_it() {
    let Some(scene) = Scene::set().await else {
        return;
    };
    let page = scene.guest().await;
    page.click(".session-head .menu-button").await;
    page.click_button("Rename").await;
    page.until("document.querySelector('dialog[open] input')")
        .await;
    let within = corner(&page, "dialog").await;
    let text = corner(&page, "dialog input").await;
    let beside = [2.0, 2.0];
    drag(&page, within, within).await;
    drag(&page, text, beside).await;
    assert_eq!(
        page.eval("document.querySelector('dialog[open]') !== null")
            .await,
        true,
        "its padding is its own, and so is a text that is selected"
    );
    drag(&page, beside, beside).await;
    page.until("!document.querySelector('dialog')").await;
    page.no_mistakes();
}
