//! Which language the page speaks.

use crate::scene::Scene;

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
