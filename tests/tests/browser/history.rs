//! Five thousand messages, scrolled from the end to the beginning and back.

use std::time::Duration;

use serde_json::json;
use tests::Page;

use crate::scene::{Scene, say, until_shown};

const MANY: u32 = 5_000;

/// One turn of the wheel, in CSS pixels.
const TURN: i32 = 1_500;

/// Watches, in every frame, where the row stands that was being read in the frame before: how far it went against the wheel, or
/// without it. Within a turn, what is left of the one before may come as well.
const WATCH: &str = "window.jumps = []; window.most = 0; (() => {
    const scroller = document.querySelector('.scroller');
    let last = null;
    const look = () => {
        const {top: edge} = scroller.getBoundingClientRect();
        window.most = Math.max(window.most, document.querySelectorAll('*').length);
        if (last?.row.isConnected) {
            const moved = last.row.getBoundingClientRect().top - last.top;
            const jump = window.turning || last.turned ? Math.max(-moved, moved - 3_000) : Math.abs(moved);
            if (jump > 1.5) window.jumps.push(`${moved} at ${scroller.scrollTop}, ${window.turning || last.turned}: ${last.row.innerText}`);
        }
        const row = [...scroller.querySelectorAll('.message')].find(one => one.getBoundingClientRect().bottom > edge);
        last = row ? {row, top: row.getBoundingClientRect().top, turned: window.turning} : null;
        requestAnimationFrame(look);
    };
    look();
})()";

/// Waits until the wheel's turn has been carried out.
const STILL: &str = "(async () => {
    const scroller = document.querySelector('.scroller'), frame = () => new Promise(requestAnimationFrame);
    for (let still = 0, before = -1; still < 3; before = scroller.scrollTop) {
        await frame();
        still = scroller.scrollTop === before ? still + 1 : 0;
    }
    window.turning = false;
})()";

/// Turns the wheel once.
async fn turn(page: &Page) {
    page.eval("void (window.turning = true)").await;
    page.wheel(".scroller", -TURN).await;
    page.eval(STILL).await;
}

#[tokio::test]
async fn five_thousand_messages_are_scrolled_without_a_jump_and_no_page_is_asked_for_twice() {
    let Some(scene) = Scene::set().await else {
        return;
    };
    let page = scene.guest().await;
    let session = scene.long_conversation(&page, MANY).await;
    page.eval("performance.setResourceTimingBufferSize(5000)")
        .await;
    until_shown(&page, "Message 5000").await;
    page.eval(WATCH).await;

    let at_beginning = "document.querySelector('.history').textContent === 'The conversation begins here' && document.querySelector('.scroller').scrollTop === 0";
    let mut turns = 0;
    while page.eval(at_beginning).await != true {
        turn(&page).await;
        turns += 1;
        assert!(turns < 1_000, "the beginning never comes");
    }
    until_shown(&page, "Message 1").await;
    page.picture("beginning").await;
    let jumps = page.eval("window.jumps").await;
    assert_eq!(jumps, json!([]), "the row that was being read moved");
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
    page.eval("void (window.jumps = [])").await;
    let (shop, _) = scene.shop(&page, "member").await;
    shop.rest
        .send(&session, "late", "Said meanwhile")
        .await
        .ok();
    page.until("document.querySelector('.chip.news')?.checkVisibility()")
        .await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let jumps = page.eval("window.jumps").await;
    assert_eq!(jumps, json!([]), "the row that was being read moved");
    page.click(".chip").await;
    until_shown(&page, "Said meanwhile").await;
    // A keyboard opens: the list gets lower, and a scroll event comes before the list knows.
    page.eval(
        "(() => { const scroller = document.querySelector('.scroller');
            scroller.style.maxHeight = '300px';
            scroller.dispatchEvent(new Event('scroll'));
            scroller.style.maxWidth = '300px';
            scroller.dispatchEvent(new Event('scroll')) })()",
    )
    .await;
    page.eval(STILL).await;
    page.until("(it => it.scrollHeight - it.scrollTop - it.clientHeight < 1)(document.querySelector('.scroller'))")
        .await;
    assert_eq!(
        page.eval("document.querySelector('.chip').checkVisibility()")
            .await,
        false,
        "who was at the end is still there"
    );
    say(&page, "At the end").await;
    until_shown(&page, "At the end").await;
    page.no_mistakes();
}
