//! The client in 50 lines of `docs/CLIENT.md`.

use crate::scene::Scene;

const EXAMPLE: &str = include_str!("../../../local/web/examples/client.html");

async fn say(page: &tests::Page, text: &str) {
    page.eval("document.querySelector('#text').focus()").await;
    page.type_text(text).await;
    page.key("Enter", 0).await;
}

#[tokio::test]
async fn a_client_in_50_lines_talks_survives_a_cut_and_is_in_the_docs_as_it_is() {
    let docs = include_str!("../../../docs/CLIENT.md");
    assert!(
        docs.contains(EXAMPLE.trim()),
        "docs/CLIENT.md has another client"
    );
    assert!(EXAMPLE.lines().count() <= 50);
    let Some(scene) = Scene::set().await else {
        return;
    };
    let page = scene.window().await;
    page.go(&format!("{}examples/client.html", scene.url()))
        .await;
    page.until("document.querySelector('#state').textContent === 'online'")
        .await;
    say(&page, "Hello").await;
    page.until("document.querySelector('li')?.textContent === 'I: Hello [sent]'")
        .await;
    let tokens = page
        .eval("JSON.parse(localStorage.getItem('fifty-lines.tokens'))")
        .await;
    let ada = tests::User::new(scene.stack.rest(), &tokens);
    let session = scene.newest_session(&ada).await;
    let shop = scene.stack.guest().await;
    ada.rest
        .add_member(&session, &shop.id, "assistant")
        .await
        .ok();
    scene.line.cut();
    page.until("document.querySelector('#state').textContent === 'reconnecting'")
        .await;
    shop.rest.send(&session, "a", "Good day").await.ok();
    say(&page, "Are you there?").await;
    scene.line.restore();
    page.until("document.querySelectorAll('li').length === 3")
        .await;
    page.until(
        "document.querySelector('li:last-child').textContent.startsWith('I: Are you there? [sent')",
    )
    .await;
    page.until("document.querySelector('li:nth-child(2)').textContent === 'assistant: Good day [received]'").await;
    page.no_mistakes();
}
