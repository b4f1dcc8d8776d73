//! Too much of something.

use super::{Walk, cancel, fill, refused};
use crate::scene::{say, until_state};

pub(super) async fn story(walk: &Walk<'_>) {
    let page = walk.guest().await;
    for text in ["1", "2", "3"] {
        say(&page, text).await;
        until_state(&page, text, &["sent"]).await;
    }
    say(&page, "4").await;
    until_state(&page, "4", &["failed"]).await;
    walk.look(&page, "quota").await;

    walk.option(&page, "invite").await;
    page.click("dialog [type=submit]").await;
    page.until("document.querySelector('dialog input')?.value.includes('#/join/')")
        .await;
    cancel(&page).await;
    walk.option(&page, "invite").await;
    page.click("dialog [type=submit]").await;
    refused(&page).await;
    walk.dialog(&page, "too-many-invites").await;

    page.click(".side .menu-button").await;
    walk.press(&page, "logIn").await;
    for number in 0..5 {
        let email = format!("nobody-{number}@example.com");
        fill(&page, &[&email, "not the password"]).await;
        refused(&page).await;
        page.until("!document.querySelector('dialog [type=submit]').disabled")
            .await;
    }
    walk.look(&page, "too-many-tries").await;
    page.no_mistakes();
}
