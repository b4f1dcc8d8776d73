//! Every language: no word of another one, and nothing that does not fit.

use std::time::Duration;

use tests::Page;
use tokio::time::sleep;

use crate::scene::{Scene, online, say, until_shown};

/// Words in Latin letters that are shown or named, but for those that people wrote, proper names, and the names of languages.
const LATIN: &str = "(() => {
    const found = [];
    const own = '.text, bdi, .session-preview, input, [data-key], .frames-list, .schedule';
    const note = (text, element) => {
        const words = text.replaceAll('Gatepost', '').replaceAll('English', '').match(/[A-Za-z]{2,}/g);
        if (words && !element.closest(own)) found.push(`${words.join(' ')} in ${element.outerHTML.slice(0, 120)}`);
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) note(walker.currentNode.data, walker.currentNode.parentElement);
    for (const element of document.querySelectorAll('[aria-label], [title], [placeholder]'))
        for (const name of ['aria-label', 'title', 'placeholder']) note(element.getAttribute(name) ?? '', element);
    return found;
})()";

/// What is wider than the window, or cut off without an ellipsis.
const MISFITS: &str = "(() => {
    const found = [];
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth > width) found.push(`the page is ${document.documentElement.scrollWidth} px wide`);
    for (const element of document.querySelectorAll('button, h1, h2, p, label, input')) {
        if (!element.checkVisibility() || element.closest('.strip, .hidden, [hidden]')) continue;
        const { left, right, width: own } = element.getBoundingClientRect();
        if (own > 1 && (left < -1 || right > width + 1)) found.push(`${left}..${right}: ${element.outerHTML.slice(0, 120)}`);
        if (element.matches('button') && element.scrollWidth > element.clientWidth + 1) found.push(`cut: ${element.outerHTML.slice(0, 120)}`);
    }
    return found;
})()";

async fn look(page: &Page, tag: &str, name: &str) {
    for (width, height) in [(360, 720), (1_280, 800)] {
        page.size(width, height).await;
        page.eval("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))").await;
        page.picture(&format!("{tag}-{name}-{width}")).await;
        let misfits = page.eval(MISFITS).await;
        assert_eq!(misfits, serde_json::json!([]), "{tag} {name} at {width} px");
    }
    if tag != "en" {
        let latin = page.eval(LATIN).await;
        assert_eq!(latin, serde_json::json!([]), "{tag} {name}");
    }
}

async fn in_language(tag: &str) {
    let Some(scene) = Scene::set().await else {
        return;
    };
    let page = scene.browser.stranger().await;
    page.go(&format!("{}?lang={tag}", scene.url())).await;
    page.until("document.querySelector('.start')").await;
    look(&page, tag, "start").await;
    page.click(".start-buttons .button:last-child").await;
    look(&page, tag, "log-in").await;
    page.key("Escape", 0).await;
    page.click(".start-buttons .primary").await;
    online(&page).await;
    look(&page, tag, "empty").await;

    let (shop, session) = scene.shop(&page, "assistant").await;
    let user = scene.user(&page).await;
    shop.rest.send(&session, "a", "42").await.ok();
    until_shown(&page, "42").await;
    say(&page, "43").await;
    page.until("document.querySelectorAll('.message').length === 2")
        .await;
    look(&page, tag, "talk").await;
    page.click(".side .menu-button, .app.open .session-head .menu-button")
        .await;
    look(&page, tag, "menu").await;
    page.key("Escape", 0).await;
    page.click(".session-head .menu-button").await;
    look(&page, tag, "options").await;
    page.key("Escape", 0).await;

    let mut till = shop.device("till").await;
    // For a second after a message its author is taken not to be typing.
    sleep(Duration::from_millis(1_100)).await;
    till.send(&serde_json::json!({"type": "user_typing", "session_id": session, "typing": true}))
        .await;
    page.until("document.querySelector('.typing').textContent !== ''")
        .await;
    look(&page, tag, "typing").await;

    user.open_session("7").await;
    page.reload().await;
    page.until("document.querySelectorAll('.session').length === 2")
        .await;
    scene.line.cut();
    page.until("document.querySelector('.banner')?.checkVisibility()")
        .await;
    say(&page, "44").await;
    page.until("document.querySelector('.message.failed')")
        .await;
    look(&page, tag, "not-sent").await;
    scene.line.restore();
    page.eval("location.hash = '#/two'").await;
    page.until("document.querySelectorAll('.pane .connection[data-state=online]').length === 3")
        .await;
    look(&page, tag, "two-devices").await;
    page.no_mistakes();
}

#[tokio::test]
async fn a_browser_whose_languages_are_no_language_tags_is_spoken_to() {
    let Some(scene) = Scene::set().await else {
        return;
    };
    let page = scene.browser.stranger().await;
    page.before_every_document(
        "Object.defineProperty(navigator, 'languages', {get: () => ['en-US@posix', 'ru']})",
    )
    .await;
    page.go(&scene.url()).await;
    page.until("document.documentElement.lang === 'ru' && document.querySelector('.start')")
        .await;
    page.no_mistakes();
}

#[tokio::test]
async fn in_english_everything_fits() {
    in_language("en").await;
}

#[tokio::test]
async fn in_russian_every_word_is_russian_and_everything_fits() {
    in_language("ru").await;
}

#[tokio::test]
async fn in_arabic_every_word_is_arabic_and_everything_fits() {
    in_language("ar").await;
}
