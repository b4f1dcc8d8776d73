//! Editing and deleting: shown at once, kept on all devices, and what happens when two do it together.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Page, User};

use crate::scene::{
    GIVE_UP, Scene, delete, move_on, network_is_back, online, row, say, texts, tool, until_shown,
    until_state,
};

/// Edits a message behind the page's back.
async fn edit_elsewhere(user: &User, session: &str, message: &Value, content: &str) {
    let path = format!("/api/chat/messages/{}", message["id"].as_str().unwrap());
    let body = json!({"session_id": session, "rev": message["rev"], "content": content});
    user.rest
        .request(Method::PATCH, &path, &[], Some(&body))
        .await
        .ok();
}

async fn newest(user: &User, session: &str) -> Value {
    let page = user.rest.history(session, &[]).await.ok();
    page["messages"].as_array().unwrap().last().unwrap().clone()
}

#[tokio::test]
async fn an_edit_and_a_delete_reach_every_device() {
    let Some(scene) = Scene::set().await else {
        return;
    };
    let phone = scene.guest().await;
    let laptop = phone.another().await;
    laptop.go(&format!("{}?lang=en", scene.url())).await;
    online(&laptop).await;
    say(&phone, "The blue kettle").await;
    until_state(&phone, "The blue kettle", &["sent"]).await;
    until_shown(&laptop, "The blue kettle").await;

    tool(&phone, "The blue kettle", "edit").await;
    phone
        .until("document.querySelector('textarea').value === 'The blue kettle'")
        .await;
    phone
        .eval("document.querySelector('textarea').select()")
        .await;
    phone.type_text("The red kettle").await;
    phone.key("Enter", 0).await;
    for page in [&phone, &laptop] {
        until_shown(page, "The red kettle").await;
        page.until(&format!(
            "{}.querySelector('.meta').textContent.includes('edited')",
            row("The red kettle")
        ))
        .await;
    }
    phone
        .until("!document.querySelector('.message.saving')")
        .await;

    // It is asked first; whoever closes the question keeps the message.
    tool(&laptop, "The red kettle", "delete").await;
    laptop.until("document.querySelector('dialog[open]')").await;
    laptop.key("Escape", 0).await;
    laptop.until("!document.querySelector('dialog')").await;
    assert_eq!(texts(&laptop).await, ["The red kettle"]);
    delete(&laptop, "The red kettle").await;
    for page in [&phone, &laptop] {
        until_shown(page, "Message deleted").await;
        assert_eq!(texts(page).await, ["Message deleted"]);
    }
    laptop
        .until("document.querySelector('.session-preview').textContent === 'Message deleted'")
        .await;
    phone.reload().await;
    online(&phone).await;
    until_shown(&phone, "Message deleted").await;
    phone.no_mistakes();
    laptop.no_mistakes();
}

/// Presses a finger on the middle of the first element that a selector finds.
async fn tap(page: &Page, selector: &str) {
    let at = page
        .eval(&format!(
            "(({{x, y, width, height}}) => ({{x: x + width / 2, y: y + height / 2}}))(document.querySelector({}).getBoundingClientRect())",
            json!(selector)
        ))
        .await;
    for (kind, points) in [("touchStart", json!([at])), ("touchEnd", json!([]))] {
        let params = json!({"type": kind, "touchPoints": points});
        page.call("Input.dispatchTouchEvent", params).await;
    }
}

#[tokio::test]
async fn on_a_touch_screen_a_tool_that_nobody_sees_takes_no_tap() {
    let Some(scene) = Scene::set().await else {
        return;
    };
    let page = scene.guest().await;
    say(&page, "Keep me").await;
    until_state(&page, "Keep me", &["sent"]).await;
    let phone = json!({"width": 360, "height": 720, "deviceScaleFactor": 1, "mobile": true});
    page.call("Emulation.setDeviceMetricsOverride", phone).await;
    let touch = json!({"enabled": true});
    page.call("Emulation.setTouchEmulationEnabled", touch).await;
    page.until("matchMedia('(hover: none)').matches").await;

    // Were the question there, the second tap would only close it.
    tap(&page, ".tool.delete").await;
    tap(&page, ".message .text").await;
    page.until("document.querySelector('.tool.delete').checkVisibility({opacityProperty: true})")
        .await;
    tap(&page, ".tool.delete").await;
    page.click("dialog .danger").await;
    until_shown(&page, "Message deleted").await;
    page.no_mistakes();
}

#[tokio::test]
async fn a_lost_race_is_shown_and_its_author_chooses() {
    let Some(scene) = Scene::set().await else {
        return;
    };
    let page = scene.guest().await;
    let user = scene.user(&page).await;
    let session = scene.newest_session(&user).await;
    for (choice, expected) in [("useMine", "Mine"), ("keepThis", "Theirs")] {
        say(&page, "As it was").await;
        until_state(&page, "As it was", &["sent"]).await;
        tool(&page, "As it was", "edit").await;
        // Without a network the other edit does not come, so this one is of the first revision.
        scene.line.cut();
        page.until("document.querySelector('.banner').checkVisibility()")
            .await;
        edit_elsewhere(&user, &session, &newest(&user, &session).await, "Theirs").await;
        page.eval("document.querySelector('textarea').select()")
            .await;
        page.type_text("Mine").await;
        page.key("Enter", 0).await;
        page.until(&format!("{}?.matches('.saving')", row("Mine")))
            .await;
        scene.line.restore();
        network_is_back(&page).await;
        page.until(&format!(
            "{}?.querySelector('.mine')?.textContent === 'Mine'",
            row("Theirs")
        ))
        .await;
        page.picture(&format!("conflict-{choice}")).await;
        page.click(&format!("[data-act={choice}]")).await;
        page.until(&format!(
            "{} && !document.querySelector('.mine') && !document.querySelector('.saving')",
            row(expected)
        ))
        .await;
        assert_eq!(newest(&user, &session).await["content"], expected);
        delete(&page, expected).await;
        page.until(&format!(
            "!{} && !document.querySelector('.saving')",
            row(expected)
        ))
        .await;
    }
    page.no_mistakes();
}

#[tokio::test]
async fn an_edit_that_cannot_be_saved_is_taken_back_and_can_be_tried_again() {
    let Some(scene) = Scene::set().await else {
        return;
    };
    let page = scene.guest().await;
    say(&page, "As it was").await;
    until_state(&page, "As it was", &["sent"]).await;
    scene.line.cut();
    page.until("document.querySelector('.banner').checkVisibility()")
        .await;
    tool(&page, "As it was", "edit").await;
    page.eval("document.querySelector('textarea').select()")
        .await;
    page.type_text("As it should be").await;
    page.key("Enter", 0).await;
    page.until(&format!("{}?.matches('.saving')", row("As it should be")))
        .await;
    move_on(&page, GIVE_UP).await;
    page.until(&format!(
        "{}?.querySelector('.note').textContent.startsWith('Not saved')",
        row("As it was")
    ))
    .await;
    page.picture("not-saved").await;
    scene.line.restore();
    network_is_back(&page).await;
    online(&page).await;
    page.click("[data-act=tryAgain]").await;
    page.until(&format!(
        "{} && !document.querySelector('.saving')",
        row("As it should be")
    ))
    .await;
    page.no_mistakes();
}
