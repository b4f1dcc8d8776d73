//! The way in: as a guest, with an account, on another device, and out again.

use crate::scene::{Scene, network_is_back, online, say, texts, until_shown, until_state};

const EMAIL: &str = "ada@example.com";
const PASSWORD: &str = "correct horse battery";

async fn fill_account(page: &tests::Page, email: &str, password: &str) {
    page.click("input[name=email]").await;
    page.type_text(email).await;
    page.click("input[name=password]").await;
    page.type_text(password).await;
    page.key("Enter", 0).await;
}

#[tokio::test]
async fn a_guest_signs_up_and_finds_everything_on_another_device() {
    let Some(scene) = Scene::set().await else {
        return;
    };
    let phone = scene.guest().await;
    say(&phone, "Said as a guest").await;
    until_state(&phone, "Said as a guest", &["sent"]).await;

    phone.click_button("Menu").await;
    phone.click_button("Sign up").await;
    fill_account(&phone, EMAIL, "short").await;
    assert_eq!(
        phone
            .eval("document.querySelector('input[name=password]').matches(':invalid')")
            .await,
        true,
        "a password that is too short does not leave the page"
    );
    phone
        .eval("document.querySelector('input[name=password]').value = ''")
        .await;
    phone
        .eval("document.querySelector('input[name=email]').value = ''")
        .await;
    fill_account(&phone, EMAIL, PASSWORD).await;
    phone.until("!document.querySelector('dialog')").await;
    say(&phone, "Said with an account").await;
    until_state(&phone, "Said with an account", &["sent"]).await;

    let laptop = scene.stranger().await;
    laptop.click_button("I have an account").await;
    fill_account(&laptop, EMAIL, "wrong password").await;
    laptop
        .until("document.querySelector('dialog .error')?.textContent !== ''")
        .await;
    laptop.picture("wrong-password").await;
    laptop
        .eval("document.querySelector('input[name=password]').value = ''")
        .await;
    laptop.click("input[name=password]").await;
    laptop.type_text(PASSWORD).await;
    laptop.key("Enter", 0).await;
    online(&laptop).await;
    until_shown(&laptop, "Said with an account").await;
    assert_eq!(
        texts(&laptop).await,
        ["Said as a guest", "Said with an account"]
    );

    laptop.click_button("Menu").await;
    laptop.click_button("Log out").await;
    laptop.click("dialog .danger").await;
    laptop.until("[...document.querySelectorAll('button')].some(one => one.textContent === 'Start as a guest')").await;
    assert_eq!(
        laptop.eval("localStorage.getItem('gatepost.tokens')").await,
        serde_json::Value::Null
    );
    phone.no_mistakes();
    laptop.no_mistakes();
}

/// What somebody does who has read nothing: begins as a guest, chats on two devices, signs up, goes on at a third, closes it, and opens
/// it again.
#[tokio::test]
async fn from_a_guest_to_a_laptop_that_was_closed_everything_is_there_in_order_and_once() {
    let Some(scene) = Scene::set().await else {
        return;
    };
    let phone = scene.guest().await;
    let tablet = phone.another().await;
    tablet.go(&format!("{}?lang=en", scene.url())).await;
    online(&tablet).await;
    say(&phone, "One").await;
    until_shown(&tablet, "One").await;
    say(&tablet, "Two").await;
    until_shown(&phone, "Two").await;

    phone.click_button("Menu").await;
    phone.click_button("Sign up").await;
    fill_account(&phone, "grace@example.com", PASSWORD).await;
    phone.until("!document.querySelector('dialog')").await;

    // The laptop has a network of its own.
    let network = scene.another_line().await;
    let laptop = scene.window().await;
    laptop
        .go(&format!("http://{}/?lang=en", network.address()))
        .await;
    laptop.click_button("I have an account").await;
    fill_account(&laptop, "grace@example.com", PASSWORD).await;
    online(&laptop).await;
    until_shown(&laptop, "Two").await;
    say(&laptop, "Three").await;
    until_shown(&phone, "Three").await;

    network.cut();
    laptop
        .until("document.querySelector('.banner').checkVisibility()")
        .await;
    say(&laptop, "Six, written without a network").await;
    say(&phone, "Four").await;
    until_shown(&tablet, "Four").await;
    say(&tablet, "Five").await;
    until_shown(&phone, "Five").await;
    assert_eq!(
        texts(&laptop).await,
        ["One", "Two", "Three", "Six, written without a network"]
    );
    network.restore();
    network_is_back(&laptop).await;

    let story = [
        "One",
        "Two",
        "Three",
        "Four",
        "Five",
        "Six, written without a network",
    ];
    until_state(&laptop, story[5], &["sent"]).await;
    until_shown(&laptop, "Five").await;
    for page in [&phone, &tablet, &laptop] {
        until_state(page, story[5], &["sent"]).await;
        assert_eq!(texts(page).await, story);
        page.reload().await;
        online(page).await;
        until_shown(page, story[5]).await;
        assert_eq!(texts(page).await, story);
        page.no_mistakes();
    }
    let user = scene.user(&laptop).await;
    let session = scene.newest_session(&user).await;
    let since = user.rest.since(&session, &[("after_change", "0")]);
    assert_eq!(since.await.ok()["message_count"], story.len());
}

#[tokio::test]
async fn two_devices_and_an_assistant_sit_side_by_side() {
    let Some(scene) = Scene::set().await else {
        return;
    };
    let page = scene.guest().await;
    page.click_button("Menu").await;
    page.click_button("Two devices and an assistant").await;
    page.until("document.querySelectorAll('.pane .connection[data-state=online]').length === 3")
        .await;
    page.eval("document.querySelector('#seat-assistant textarea').focus()")
        .await;
    page.type_text("How can I help?").await;
    page.key("Enter", 0).await;
    let everywhere = "['phone', 'laptop', 'assistant'].every(seat => document.querySelector(`#seat-${seat} .text`)?.textContent === 'How can I help?')";
    page.until(everywhere).await;
    page.until("document.querySelector('#seat-assistant .message').dataset.state === 'read'")
        .await;
    page.click("#seat-laptop .switch").await;
    page.until("document.querySelector('#seat-laptop .connection').dataset.state === 'offline'")
        .await;
    page.until("document.querySelector('#seat-laptop .banner').checkVisibility()")
        .await;
    page.picture("seat-offline").await;
    page.eval("document.querySelector('#seat-phone textarea').focus()")
        .await;
    page.type_text("The blue kettle, please.").await;
    page.key("Enter", 0).await;
    page.until("document.querySelectorAll('#seat-assistant .message').length === 2")
        .await;
    assert_eq!(
        page.eval("document.querySelectorAll('#seat-laptop .message').length")
            .await,
        1
    );
    page.click("#seat-laptop .switch").await;
    page.until("document.querySelectorAll('#seat-laptop .message').length === 2")
        .await;
    page.picture("three-seats").await;
    page.click_button("One device").await;
    page.until("document.querySelector('.app')").await;
    online(&page).await;
    assert_eq!(
        texts(&page).await,
        ["How can I help?", "The blue kettle, please."]
    );
    page.no_mistakes();
}
