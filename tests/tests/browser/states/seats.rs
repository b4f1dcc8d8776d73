//! Two devices and an assistant.

use super::Walk;

const ALL_ONLINE: &str =
    "document.querySelectorAll('.pane .connection[data-state=online]').length === 3";

pub(super) async fn story(walk: &Walk<'_>) {
    let page = walk.guest().await;
    page.block(&["*/api/chat/sessions"]).await;
    page.eval("void (location.hash = '#/two')").await;
    walk.dialog(&page, "no-seats").await;
    page.block(&[]).await;
    page.eval("void (location.hash = '#/two')").await;
    page.until(ALL_ONLINE).await;
    walk.look(&page, "seats").await;

    page.eval("document.querySelector('#seat-assistant textarea').focus()")
        .await;
    page.type_text("1").await;
    page.key("Enter", 0).await;
    page.until("document.querySelector('#seat-phone .message')")
        .await;
    page.click("#seat-phone .frames > summary").await;
    page.click("#seat-phone .frame summary").await;
    walk.look(&page, "frames").await;
    page.click("#seat-phone .frames > summary").await;

    page.click("#seat-laptop .switch").await;
    page.until("document.querySelector('#seat-laptop .banner').checkVisibility()")
        .await;
    page.eval("document.querySelector('#seat-phone textarea').focus()")
        .await;
    page.type_text("2").await;
    page.key("Enter", 0).await;
    page.until("document.querySelectorAll('#seat-assistant .message').length === 2")
        .await;
    walk.look(&page, "seat-offline").await;
    page.no_mistakes();
}
