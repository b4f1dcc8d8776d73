//! Which language the page speaks, and in which direction it is written.

use crate::scene::{Scene, online, say};

#[tokio::test]
async fn a_browser_whose_languages_are_no_language_tags_is_spoken_to() {
    let Some(scene) = Scene::set().await else {
        return;
    };
    let page = scene.window().await;
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
async fn in_arabic_the_empty_field_begins_at_the_right_and_english_is_cut_off_at_its_end() {
    let Some(scene) = Scene::set().await else {
        return;
    };
    let page = scene.window().await;
    page.go(&format!("{}?lang=ar", scene.url())).await;
    page.click_button("ابدأ كضيف").await;
    online(&page).await;
    let direction_of = |selector: &str| {
        format!("getComputedStyle(document.querySelector('{selector}')).direction")
    };
    assert_eq!(page.eval(&direction_of("textarea")).await, "rtl");
    say(&page, "Hello").await;
    page.until("document.querySelector('.session-text').textContent === 'Hello'")
        .await;
    assert_eq!(page.eval(&direction_of(".session-text")).await, "ltr");
    page.no_mistakes();
}
