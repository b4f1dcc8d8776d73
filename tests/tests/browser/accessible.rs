//! axe-core finds no serious issue in any state, light or dark, and the keyboard is enough.

use std::{path::Path, time::Duration};

use serde_json::{Value, json};
use tests::Page;
use tokio::time::sleep;

use crate::scene::{Scene, online, say, until_shown, until_state};

/// axe-core as npm installs it, by the lock file of the page; none where there is no npm.
fn axe() -> Option<String> {
    let web = Path::new(env!("CARGO_MANIFEST_DIR")).join("../local/web");
    let script = web.join("node_modules/axe-core/axe.min.js");
    if !script.exists() {
        let installed = std::process::Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund"])
            .current_dir(&web)
            .output();
        match installed {
            Ok(output) => assert!(output.status.success(), "npm ci: {output:?}"),
            Err(error) => {
                eprintln!("no npm ({error}): the check with axe-core is left out");
                return None;
            }
        }
    }
    Some(std::fs::read_to_string(script).unwrap())
}

/// Fails with what axe-core calls serious or critical.
async fn check(page: &Page, axe: &str, state: &str) {
    page.eval(&format!("{axe}; void 0")).await;
    for dark in [false, true] {
        page.dark(dark).await;
        // Colours fade into each other; axe would measure the way.
        page.eval("Promise.all(document.getAnimations().filter(one => one.effect.getTiming().iterations !== Infinity).map(one => one.finished)).then(() => true)").await;
        let result = page
            .eval("axe.run(document, {resultTypes: ['violations']}).then(({violations}) => violations
                .filter(({impact}) => impact === 'serious' || impact === 'critical')
                .map(({id, help, nodes}) => ({id, help, nodes: nodes.map(({html, failureSummary}) => html + failureSummary)})))")
            .await;
        let colours = if dark { "dark" } else { "light" };
        assert_eq!(result, json!([]), "{state}, {colours}: {result:#}");
        page.picture(&format!("{state}-{colours}")).await;
    }
    page.dark(false).await;
}

#[tokio::test]
async fn axe_finds_nothing_serious_in_any_state() {
    let (Some(axe), Some(scene)) = (axe(), Scene::set().await) else {
        return;
    };
    let page = scene.stranger().await;
    page.until("document.querySelector('.start')").await;
    check(&page, &axe, "start").await;
    page.click_button("I have an account").await;
    check(&page, &axe, "log-in").await;
    page.key("Escape", 0).await;
    page.click_button("Start as a guest").await;
    online(&page).await;
    check(&page, &axe, "empty").await;

    let (shop, session) = scene.shop(&page, "assistant").await;
    for number in 0..30 {
        let text = format!("Kettle number {number}");
        shop.rest
            .send(&session, &format!("m-{number}"), &text)
            .await
            .ok();
    }
    until_shown(&page, "Kettle number 29").await;
    say(&page, "The blue one, please").await;
    until_state(&page, "The blue one, please", &["sent", "delivered"]).await;
    check(&page, &axe, "talk").await;
    page.eval("document.querySelector('.scroller').scrollTop = 0")
        .await;
    page.until("document.querySelector('.chip').checkVisibility()")
        .await;
    check(&page, &axe, "scrolled-up").await;
    page.click(".chip").await;

    let mut till = shop.device("till").await;
    // For a second after a message its author is taken not to be typing.
    sleep(Duration::from_millis(1_100)).await;
    till.send(&json!({"type": "user_typing", "session_id": session, "typing": true}))
        .await;
    page.until("document.querySelector('.typing').textContent !== ''")
        .await;
    check(&page, &axe, "typing").await;
    page.click(".side .menu-button").await;
    check(&page, &axe, "menu").await;
    page.key("Escape", 0).await;

    scene.line.cut();
    page.until("document.querySelector('.banner').checkVisibility()")
        .await;
    say(&page, "Nobody hears this").await;
    until_state(&page, "Nobody hears this", &["waiting"]).await;
    check(&page, &axe, "waiting").await;
    until_state(&page, "Nobody hears this", &["failed"]).await;
    check(&page, &axe, "not-sent").await;
    scene.line.restore();
    page.size(360, 720).await;
    check(&page, &axe, "narrow").await;
    page.size(1_280, 800).await;
    page.eval("location.hash = '#/two'").await;
    page.until("document.querySelectorAll('.pane .connection[data-state=online]').length === 3")
        .await;
    check(&page, &axe, "two-devices").await;
    page.no_mistakes();
}

async fn focused(page: &Page) -> Value {
    page.eval("document.activeElement.ariaLabel ?? document.activeElement.textContent")
        .await
}

#[tokio::test]
async fn the_keyboard_is_enough_and_news_are_read_out() {
    let Some(scene) = Scene::set().await else {
        return;
    };
    let page = scene.stranger().await;
    page.until("document.querySelector('.start')").await;
    for _ in 0..4 {
        page.key("Tab", 0).await;
        if focused(&page).await == "Start as a guest" {
            break;
        }
    }
    page.key("Enter", 0).await;
    online(&page).await;
    page.until("document.activeElement.matches('textarea')")
        .await;
    page.type_text("Written without a mouse").await;
    page.key("Enter", 0).await;
    until_state(&page, "Written without a mouse", &["sent"]).await;

    // The up arrow edits the last message, Escape leaves it.
    page.key("ArrowUp", 0).await;
    page.until("document.querySelector('textarea').value === 'Written without a mouse'")
        .await;
    page.key("Escape", 0).await;
    page.until("document.querySelector('textarea').value === ''")
        .await;

    // The menu: down opens nothing by itself, Enter does, arrows go round, Escape gives the focus back.
    page.eval("document.querySelector('.side .menu-button').focus()")
        .await;
    page.key("Enter", 0).await;
    page.until("document.activeElement.textContent === 'Sign up'")
        .await;
    page.key("ArrowUp", 0).await;
    assert_eq!(focused(&page).await, "Log out");
    page.key("Escape", 0).await;
    assert_eq!(focused(&page).await, "Menu");

    let (shop, session) = scene.shop(&page, "assistant").await;
    shop.rest.send(&session, "a", "Can you hear me?").await.ok();
    page.until(
        "document.querySelector('[aria-live=polite]').textContent.includes('Can you hear me?')",
    )
    .await;
    page.no_mistakes();
}
