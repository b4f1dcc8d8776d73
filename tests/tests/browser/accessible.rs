//! The keyboard is enough, and what happens is read out. What axe-core finds is looked for in every state, see `states`.

use serde_json::{Value, json};
use tests::Page;

use crate::scene::{Scene, online, say, until_shown, until_state};

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

#[tokio::test]
async fn a_button_keeps_the_focus_while_its_message_changes_and_never_loses_it_to_nothing() {
    let Some(scene) = Scene::set().await else {
        return;
    };
    let page = scene.guest().await;
    let (shop, session) = scene.shop(&page, "assistant").await;
    let mut till = shop.device("till").await;
    say(&page, "Read this").await;
    let push = till.next_of("message").await;
    until_state(&page, "Read this", &["sent", "delivered"]).await;
    page.eval("document.querySelector('.tool.delete').focus()")
        .await;
    till.send(
        &json!({"type": "read", "id": "r", "session_id": session, "seq": push["message"]["seq"]}),
    )
    .await;
    until_state(&page, "Read this", &["read"]).await;
    assert_eq!(focused(&page).await, "Delete");

    // With the message its buttons go.
    page.key("Enter", 0).await;
    page.click("dialog .danger").await;
    until_shown(&page, "Message deleted").await;
    page.until("document.activeElement.matches('.scroller')")
        .await;
    page.no_mistakes();
}
