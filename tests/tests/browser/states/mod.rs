//! Every state that the page can show, in every language, on a phone and on a screen, in light and in dark colours.
//!
//! | story | goes through |
//! |---|---|
//! | [`way_in`] | the first screen, what goes wrong there, signing in, being signed out |
//! | [`list`] | the list of sessions, its menus and dialogs, invitations, what was deleted or left |
//! | [`talk`] | messages, their history, who types, the composer |
//! | [`trouble`] | no network: what waits, what was not sent or saved, conflicts |
//! | [`limits`] | what the server refuses because it is too much |
//! | [`seats`] | two devices and an assistant |

mod limits;
mod list;
mod look;
mod seats;
mod talk;
mod trouble;
mod way_in;

use tests::Page;

use self::look::Look;
use crate::scene::{Scene, online};

const LANGUAGES: [&str; 3] = ["en", "ru", "ar"];

/// One story in one language.
struct Walk<'a> {
    scene: &'a Scene,
    look: Look,
}

impl Walk<'_> {
    /// Somebody new with the page before them, at an address such as `/`.
    async fn stranger(&self, hash: &str) -> Page {
        let page = self.scene.window().await;
        let (url, tag) = (self.scene.url(), self.look.tag);
        page.go(&format!("{url}?lang={tag}{hash}")).await;
        page.until("document.querySelector('.start')").await;
        page
    }

    /// Somebody who has begun as a guest.
    async fn guest(&self) -> Page {
        let page = self.stranger("").await;
        self.press(&page, "startAsGuest").await;
        online(&page).await;
        page
    }

    async fn look(&self, page: &Page, state: &str) {
        self.look.at(page, state).await;
    }

    /// Presses the button with a phrase of the page on it, or for its name.
    async fn press(&self, page: &Page, key: &str) {
        page.click_button(&word(page, key).await).await;
    }

    /// Chooses from the menu of the open session.
    async fn option(&self, page: &Page, key: &str) {
        page.click(".session-head .menu-button").await;
        self.press(page, key).await;
    }

    /// Looks at the dialog that is open, and cancels it.
    async fn dialog(&self, page: &Page, state: &str) {
        page.until("document.querySelector('dialog[open]')").await;
        self.look(page, state).await;
        cancel(page).await;
    }
}

/// A phrase of the page in the language that it speaks.
async fn word(page: &Page, key: &str) -> String {
    let word = page
        .eval(&format!(
            "import('/view/words/index.js').then(({{t}}) => t('{key}'))"
        ))
        .await;
    word.as_str().unwrap().to_owned()
}

async fn cancel(page: &Page) {
    page.key("Escape", 0).await;
    page.until("!document.querySelector('dialog')").await;
}

/// Writes into the fields of the dialog, in their order, and submits it.
async fn fill(page: &Page, texts: &[&str]) {
    for (field, text) in texts.iter().enumerate() {
        page.eval(&format!(
            "document.querySelectorAll('dialog .input')[{field}].select()"
        ))
        .await;
        page.type_text(text).await;
    }
    page.key("Enter", 0).await;
}

/// Waits for what the dialog says went wrong.
async fn refused(page: &Page) {
    page.until("document.querySelector('dialog .error')?.textContent")
        .await;
}

/// Leaves the session that is open.
async fn to_list(page: &Page) {
    page.eval("void (location.hash = '#/')").await;
    page.until("!document.querySelector('.app.open')").await;
}

async fn in_every_language(scene: Option<Scene>, story: impl AsyncFn(&Walk<'_>)) {
    let Some(scene) = scene else { return };
    for tag in LANGUAGES {
        let look = Look::new(tag).await;
        story(&Walk {
            scene: &scene,
            look,
        })
        .await;
    }
}

#[tokio::test]
async fn on_the_way_in() {
    in_every_language(Scene::set().await, way_in::story).await;
}

#[tokio::test]
async fn in_the_list_and_its_dialogs() {
    in_every_language(Scene::set().await, list::story).await;
}

#[tokio::test]
async fn while_people_talk() {
    in_every_language(Scene::set().await, talk::story).await;
}

#[tokio::test]
async fn while_the_network_is_away() {
    in_every_language(Scene::set().await, trouble::story).await;
}

#[tokio::test]
async fn at_the_limits() {
    let scene = Scene::with(|stack| {
        stack
            .variable("QUOTA_MESSAGES", "3")
            .variable("RATE_LIMIT_AUTH", "4")
            .variable("RATE_LIMIT_INVITES", "1")
    });
    in_every_language(scene.await, limits::story).await;
}

#[tokio::test]
async fn with_two_devices_and_an_assistant() {
    in_every_language(Scene::set().await, seats::story).await;
}
