//! Five thousand messages, scrolled from the end to the beginning and back.

use std::time::Duration;

use tests::{Page, User};

use crate::scene::{Scene, online, say, until_shown};

const MANY: i64 = 5_000;

/// Fills a session: by hand, because sending so many takes longer than the test may.
async fn fill(scene: &Scene, session: &str, user: &User) {
    let database = scene.stack.database().await;
    let session = session.split('.').next().unwrap();
    let sql = include_str!("fill.sql")
        .replace("{session}", session)
        .replace("{user}", &user.id)
        .replace("{many}", &MANY.to_string());
    database.batch_execute(&sql).await.unwrap();
    // Redis does not know of it.
    let mut keys = scene.stack.keys().await;
    redis::cmd("FLUSHALL").exec_async(&mut keys).await.unwrap();
}

/// Watches, in every frame, the row that is being read: how far it was moved by anything but the reader, at most.
const WATCH: &str = "window.jump = 0; window.most = 0; (() => {
    const scroller = document.querySelector('.scroller');
    let last = null;
    const look = () => {
        const edge = scroller.getBoundingClientRect().top;
        const rows = [...scroller.querySelectorAll('.message')];
        window.most = Math.max(window.most, document.querySelectorAll('*').length);
        if (last && last.row.isConnected) {
            const moved = last.row.getBoundingClientRect().top - last.top;
            if (!last.turned) window.jump = Math.max(window.jump, Math.abs(moved));
        }
        const row = rows.find(one => one.getBoundingClientRect().bottom > edge);
        last = row ? {row, top: row.getBoundingClientRect().top, turned: window.turning} : null;
        requestAnimationFrame(look);
    };
    look();
})()";

/// Turns the wheel once, and lets the page settle.
async fn turn(page: &Page, down: i32) {
    page.eval("void (window.turning = true)").await;
    page.wheel(".scroller", down).await;
    page.eval("new Promise(done => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(() => { window.turning = false; done(true) })), 30))").await;
}

#[tokio::test]
async fn five_thousand_messages_are_scrolled_without_a_jump_and_no_page_is_asked_for_twice() {
    let Some(scene) = Scene::set().await else {
        return;
    };
    let page = scene.guest().await;
    let user = scene.user(&page).await;
    let session = scene.newest_session(&user).await;
    fill(&scene, &session, &user).await;
    page.reload().await;
    online(&page).await;
    page.eval("performance.setResourceTimingBufferSize(5000)")
        .await;
    until_shown(&page, "Message 5000").await;
    page.eval(WATCH).await;

    let at_beginning = "document.querySelector('.history').textContent === 'The conversation begins here' && document.querySelector('.scroller').scrollTop === 0";
    let mut turns = 0;
    while page.eval(at_beginning).await != true {
        turn(&page, -6_000).await;
        turns += 1;
        assert!(turns < 400, "the beginning never comes");
    }
    until_shown(&page, "Message 1").await;
    page.picture("beginning").await;
    let jump = page.eval("window.jump").await.as_f64().unwrap();
    assert!(jump < 1.5, "the row that was being read moved by {jump} px");
    let most = page.eval("window.most").await.as_u64().unwrap();
    assert!(most < 2_500, "{most} elements in the document");

    let asked = page
        .eval("performance.getEntriesByType('resource').map(one => one.name).filter(name => name.includes('before_seq'))")
        .await;
    let asked: Vec<_> = asked
        .as_array()
        .unwrap()
        .iter()
        .map(|url| url.as_str().unwrap())
        .collect();
    let different: std::collections::BTreeSet<_> = asked.iter().collect();
    assert_eq!(asked.len(), different.len(), "{asked:#?}");
    assert!(asked.len() >= 49, "{asked:#?}");

    // Somewhere in the middle, what others say moves nothing; at the end it is there.
    page.eval("document.querySelector('.scroller').scrollTop = document.querySelector('.scroller').scrollHeight / 2").await;
    page.eval("new Promise(done => setTimeout(done, 300))")
        .await;
    page.eval("void (window.jump = 0)").await;
    let (shop, _) = scene.shop(&page, "member").await;
    shop.rest
        .send(&session, "late", "Said meanwhile")
        .await
        .ok();
    page.until("document.querySelector('.chip.news')?.checkVisibility()")
        .await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let jump = page.eval("window.jump").await.as_f64().unwrap();
    assert!(jump < 1.5, "the row that was being read moved by {jump} px");
    page.click(".chip").await;
    until_shown(&page, "Said meanwhile").await;
    say(&page, "At the end").await;
    until_shown(&page, "At the end").await;
    page.no_mistakes();
}
