//! What goes wrong on the way: a cut line, a dead line, a lost frame, a stopped server, a reload at the wrong moment, a wrong clock.

use std::time::Duration;

use local::dials::{PostFault, Refusal};
use tokio::time::sleep;

use crate::scene::{
    GIVE_UP, Scene, move_on, network_is_back, online, row, say, texts, until_shown, until_state,
};

#[tokio::test]
async fn after_a_cut_everything_is_there_in_order_and_once() {
    let Some(scene) = Scene::set().await else {
        return;
    };
    let page = scene.guest().await;
    let (shop, session) = scene.shop(&page, "assistant").await;
    say(&page, "Before").await;
    until_state(&page, "Before", &["sent", "delivered"]).await;

    scene.line.cut();
    page.until("document.querySelector('.banner').checkVisibility()")
        .await;
    page.picture("banner").await;
    shop.rest
        .send(&session, "away-1", "While you were away")
        .await
        .ok();
    say(&page, "Written offline").await;
    until_state(&page, "Written offline", &["waiting"]).await;
    scene.line.restore();
    network_is_back(&page).await;
    online(&page).await;
    until_state(&page, "Written offline", &["sent", "delivered"]).await;
    until_shown(&page, "While you were away").await;
    page.until("!document.querySelector('.banner').checkVisibility()")
        .await;
    assert_eq!(
        texts(&page).await,
        ["Before", "While you were away", "Written offline"]
    );
    page.reload().await;
    online(&page).await;
    assert_eq!(
        texts(&page).await,
        ["Before", "While you were away", "Written offline"]
    );
    page.no_mistakes();
}

#[tokio::test]
async fn a_reload_in_the_middle_of_a_send_stores_the_message_once() {
    let Some(scene) = Scene::set().await else {
        return;
    };
    let page = scene.guest().await;
    let user = scene.user(&page).await;
    let session = scene.newest_session(&user).await;
    // Nothing comes back, so the page cannot know; the second message waits behind the first.
    scene.line.silence();
    say(&page, "Under way").await;
    say(&page, "Behind it").await;
    until_state(&page, "Under way", &["sending"]).await;
    until_state(&page, "Behind it", &["waiting"]).await;
    sleep(Duration::from_millis(300)).await;
    page.eval("void (window.left = true); location.reload()")
        .await;
    scene.line.restore();
    page.until("!window.left && document.readyState === 'complete'")
        .await;
    online(&page).await;
    until_state(&page, "Under way", &["sent"]).await;
    until_state(&page, "Behind it", &["sent"]).await;
    assert_eq!(texts(&page).await, ["Under way", "Behind it"]);
    let since = user
        .rest
        .since(&session, &[("after_change", "0")])
        .await
        .ok();
    assert_eq!(since["message_count"], 2, "{since:#}");
    page.no_mistakes();
}

#[tokio::test]
async fn with_the_server_stopped_a_message_ends_as_not_sent_and_keeps_its_text() {
    let Some(scene) = Scene::with(|stack| stack).await else {
        return;
    };
    let page = scene.guest().await;
    let line = scene.stop_stack().await;
    line.cut();
    say(&page, "Is anybody there?").await;
    until_state(&page, "Is anybody there?", &["waiting"]).await;
    move_on(&page, GIVE_UP).await;
    until_state(&page, "Is anybody there?", &["failed"]).await;
    let note = format!(
        "{}.querySelector('.note').textContent",
        row("Is anybody there?")
    );
    let note = page.eval(&note).await;
    assert!(note.as_str().unwrap().starts_with("Not sent"), "{note}");
    page.until("document.querySelector('[aria-live=polite]').textContent.includes('Not sent')")
        .await;
    page.picture("not-sent").await;

    // Trying again waits again; taking it back puts the text into the composer.
    page.click("[data-act=tryAgain]").await;
    until_state(&page, "Is anybody there?", &["waiting"]).await;
    move_on(&page, GIVE_UP).await;
    until_state(&page, "Is anybody there?", &["failed"]).await;
    page.click("[data-act=takeBack]").await;
    page.until("document.querySelector('.composer textarea').value === 'Is anybody there?'")
        .await;
    page.until("!document.querySelector('.message')").await;
    page.no_mistakes();
}

#[tokio::test]
async fn a_lost_frame_is_found_by_a_ping_and_a_dead_line_by_its_missing_pong() {
    let with_ping = Scene::with(|stack| {
        stack
            .variable("WS_PING_PERIOD", "2s")
            .variable("WS_PONG_WAIT", "30s")
    });
    let Some(scene) = with_ping.await else {
        return;
    };
    let page = scene.guest().await;
    let (shop, session) = scene.shop(&page, "assistant").await;
    say(&page, "Before").await;
    until_state(&page, "Before", &["sent", "delivered"]).await;

    // The push and its repetition are lost; nobody says anything after it.
    let posts = scene.stack.stack().dials().posts();
    posts.set(PostFault::Refuse(Refusal::Failed), 2, None);
    shop.rest
        .send(&session, "lost-1", "Nobody pushed this")
        .await
        .ok();
    until_shown(&page, "Nobody pushed this").await;
    assert_eq!(
        page.eval("document.querySelector('.state').dataset.state")
            .await,
        "online"
    );

    scene.line.silence();
    page.until("document.querySelector('.state').dataset.state === 'reconnecting'")
        .await;
    scene.line.cut();
    shop.rest
        .send(&session, "lost-2", "Said to a dead line")
        .await
        .ok();
    scene.line.restore();
    until_shown(&page, "Said to a dead line").await;
    assert_eq!(
        texts(&page).await,
        ["Before", "Nobody pushed this", "Said to a dead line"]
    );
    page.no_mistakes();
}

#[tokio::test]
async fn a_clock_that_is_an_hour_off_does_no_harm() {
    let Some(scene) = Scene::set().await else {
        return;
    };
    for hours in [-1, 1] {
        let page = scene.window().await;
        page.before_every_document(&format!(
            "{{ const off = {hours} * 3600000, Real = Date;
                globalThis.Date = class extends Real {{
                    constructor(...parts) {{ parts.length ? super(...parts) : super(Real.now() + off) }}
                    static now() {{ return Real.now() + off }}
                }} }}"
        ))
        .await;
        page.go(&format!("{}?lang=en", scene.url())).await;
        page.click_button("Start as a guest").await;
        online(&page).await;
        let (shop, session) = scene.shop(&page, "member").await;
        let mut till = shop.device("till").await;
        say(&page, "What time is it?").await;
        let asked = till.next_of("message").await;
        let answer = till.message(&session, "Time for tea").await;
        assert_eq!(answer["type"], "ack");
        until_state(&page, "What time is it?", &["sent", "delivered"]).await;
        until_shown(&page, "Time for tea").await;
        assert_eq!(
            texts(&page).await,
            ["What time is it?", "Time for tea"],
            "in the server's order"
        );
        page.until("document.querySelector('.session-time').textContent === 'now'")
            .await;
        // What is shown is the server's time, for stored messages and for those under way.
        let shown = page
            .eval("document.querySelector('.message time').dateTime")
            .await;
        assert_eq!(shown, asked["message"]["created_at"]);
        // A reload finds the access token good, or gets another one.
        page.reload().await;
        online(&page).await;
        say(&page, "And now?").await;
        assert_eq!(
            till.next_of("message").await["message"]["content"],
            "And now?"
        );
        until_state(&page, "And now?", &["sent", "delivered"]).await;
        page.no_mistakes();
    }
}

#[tokio::test]
async fn before_two_hours_end_it_moves_over_and_nothing_shows() {
    let hours = |hours: u64| Duration::from_secs(3_600 * hours);
    // The two hours pass in a moment; without a message in them the gateway would call the socket idle.
    let with_ping = Scene::with(|stack| {
        let stack = stack.variable("WS_PING_PERIOD", "2s");
        stack.socket_ends(hours(9), hours(2))
    });
    let Some(scene) = with_ping.await else {
        return;
    };
    let page = scene.guest().await;
    let (shop, session) = scene.shop(&page, "assistant").await;
    page.eval(
        "void (window.states = new Set(), setInterval(() => states.add(document.querySelector('.state').dataset.state), 5))",
    )
    .await;
    page.eval("void (window.sockets = 0, window.WebSocket = class extends WebSocket { constructor(url) { super(url); sockets++ } })")
        .await;
    // The page moves at a moment by chance within half of what is left; here at the first.
    page.eval("void (Math.random = () => 0)").await;
    let clock = scene.stack.stack().clock();
    clock
        .advance(Duration::from_secs(7_200 - 25))
        .await
        .unwrap();
    page.until("window.sockets === 1").await;
    say(&page, "On the way over").await;
    until_state(&page, "On the way over", &["sent", "delivered"]).await;
    sleep(Duration::from_secs(1)).await;
    // The first socket ends, and it is not missed.
    clock.advance(Duration::from_secs(60)).await.unwrap();
    shop.rest
        .send(&session, "over", "On the other side")
        .await
        .ok();
    until_shown(&page, "On the other side").await;
    assert_eq!(
        page.eval("[...window.states].join()").await,
        "online",
        "there was never a moment without a connection"
    );
    page.no_mistakes();
}

#[tokio::test]
async fn a_server_with_another_history_is_believed() {
    let with_ping = Scene::with(|stack| stack.variable("WS_PING_PERIOD", "2s"));
    let Some(scene) = with_ping.await else {
        return;
    };
    let page = scene.guest().await;
    let (shop, session) = scene.shop(&page, "assistant").await;
    for text in ["One", "Two", "Three"] {
        say(&page, text).await;
        until_state(&page, text, &["sent", "delivered"]).await;
    }
    // A backup from before the last two is restored, and the same numbers are given out again.
    let uuid = session.split('.').next().unwrap();
    let restore = format!(
        "DELETE FROM messages WHERE session_id = '{uuid}' AND change > 1;
         UPDATE sessions SET change = 1 WHERE id = '{uuid}'; SELECT epoch_begin()"
    );
    let database = scene.stack.database().await;
    database.batch_execute(&restore).await.unwrap();
    let mut keys = scene.stack.keys().await;
    redis::cmd("FLUSHALL").exec_async(&mut keys).await.unwrap();
    for text in ["Deux", "Trois"] {
        shop.rest.send(&session, text, text).await.ok();
    }
    page.until("[...document.querySelectorAll('.text')].map(one => one.textContent).join() === 'One,Deux,Trois'")
        .await;
    page.no_mistakes();
}
