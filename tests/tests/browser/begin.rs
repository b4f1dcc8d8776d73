//! The way in.

use crate::scene::Scene;

#[tokio::test]
async fn the_first_screen_says_what_this_is() {
    let Some(scene) = Scene::set().await else {
        return;
    };
    let page = scene.stranger().await;
    page.until("document.querySelector('h1')?.textContent === 'Gatepost'")
        .await;
    page.picture("start").await;
    page.no_mistakes();
}
