//! No network, and what comes of it.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Page, User};

use super::Walk;
use crate::scene::{GIVE_UP, delete, move_on, network_is_back, online, say, tool, until_state};

pub(super) async fn story(walk: &Walk<'_>) {
    let page = walk.guest().await;
    let user = walk.scene.user(&page).await;
    let session = walk.scene.newest_session(&user).await;
    for text in ["1", "2", "3"] {
        say(&page, text).await;
        until_state(&page, text, &["sent"]).await;
    }

    away(walk, &page).await;
    say(&page, "4").await;
    until_state(&page, "4", &["waiting"]).await;
    edit(&page, "1", "11").await;
    delete(&page, "2").await;
    page.until("document.querySelectorAll('.message.saving').length === 2")
        .await;
    walk.look(&page, "waiting").await;
    page.offline(true).await;
    walk.look(&page, "offline").await;
    page.offline(false).await;
    move_on(&page, GIVE_UP).await;
    page.until("document.querySelectorAll('.note .error').length === 3")
        .await;
    walk.look(&page, "not-sent").await;
    back(walk, &page).await;
    page.eval("document.querySelectorAll('[data-act=discard]').forEach(one => one.click())")
        .await;

    away(walk, &page).await;
    for (text, theirs) in [("1", Some("21")), ("2", None), ("3", Some("23"))] {
        elsewhere(&user, &session, text, theirs).await;
    }
    edit(&page, "1", "31").await;
    edit(&page, "2", "32").await;
    delete(&page, "3").await;
    page.until("document.querySelectorAll('.message.saving').length === 3")
        .await;
    back(walk, &page).await;
    page.until("document.querySelectorAll('.note .error').length === 3")
        .await;
    walk.look(&page, "conflicts").await;

    walk.scene.line.silence();
    say(&page, "5").await;
    until_state(&page, "5", &["sending"]).await;
    walk.look(&page, "sending").await;
    walk.scene.line.restore();
    until_state(&page, "5", &["sent"]).await;
    page.no_mistakes();
}

async fn away(walk: &Walk<'_>, page: &Page) {
    walk.scene.line.cut();
    page.until("document.querySelector('.banner').checkVisibility()")
        .await;
}

async fn back(walk: &Walk<'_>, page: &Page) {
    walk.scene.line.restore();
    network_is_back(page).await;
    online(page).await;
    page.until("!document.querySelector('.banner').checkVisibility()")
        .await;
}

async fn edit(page: &Page, text: &str, anew: &str) {
    tool(page, text, "edit").await;
    page.eval("document.querySelector('textarea').select()")
        .await;
    page.type_text(anew).await;
    page.key("Enter", 0).await;
}

/// Edits a message on another device, or deletes it.
async fn elsewhere(user: &User, session: &str, text: &str, theirs: Option<&str>) {
    let page = user.rest.history(session, &[]).await.ok();
    let messages = page["messages"].as_array().unwrap();
    let message = messages.iter().find(|one| one["content"] == text).unwrap();
    let (id, rev) = (message["id"].as_str().unwrap(), message["rev"].as_i64());
    match theirs {
        None => {
            let deleted = user.rest.delete_message(session, id, rev.unwrap());
            deleted.await.ok();
        }
        Some(content) => {
            let path = format!("/api/chat/messages/{id}");
            let body: Value = json!({"session_id": session, "rev": rev, "content": content});
            let edited = user.rest.request(Method::PATCH, &path, &[], Some(&body));
            edited.await.ok();
        }
    }
}
