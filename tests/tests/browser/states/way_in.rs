//! The first screen.

use serde_json::json;

use super::{Walk, cancel, fill, refused, word};
use crate::scene::online;

pub(super) async fn story(walk: &Walk<'_>) {
    let page = walk.stranger("").await;
    walk.look(&page, "start").await;
    page.click(".start-bar .menu-button").await;
    walk.look(&page, "languages").await;
    page.key("Escape", 0).await;
    walk.press(&page, "haveAccount").await;
    walk.look(&page, "log-in").await;
    fill(&page, &["nobody@example.com", "not the password"]).await;
    refused(&page).await;
    walk.look(&page, "log-in-refused").await;
    cancel(&page).await;

    walk.scene.line.silence();
    walk.press(&page, "startAsGuest").await;
    let step = json!(word(&page, "startingGuest").await);
    page.until(&format!(
        "document.querySelector('.start-status').textContent === {step}"
    ))
    .await;
    walk.look(&page, "starting").await;
    walk.scene.line.cut();
    page.until("document.querySelector('.start-status.error')")
        .await;
    walk.look(&page, "not-started").await;
    walk.scene.line.restore();
    walk.press(&page, "tryAgain").await;
    online(&page).await;
    walk.look(&page, "first-conversation").await;

    // Somebody ends all sign-ins of this user, elsewhere.
    let user = walk.scene.user(&page).await;
    let all = json!({"refresh_token": user.refresh_token, "everywhere": true});
    user.rest.post("/api/auth/logout", &all).await.ok();
    page.until("document.querySelector('.start-status')?.textContent")
        .await;
    walk.look(&page, "signed-out").await;
    page.no_mistakes();
}
