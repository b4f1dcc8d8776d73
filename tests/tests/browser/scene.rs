//! A browser, a stack, the line between them, and what people do on the page.

use serde_json::{Value, json};
use tests::{Browser, Line, Page, TestStack, TestStackBuilder, User};

pub(crate) struct Scene {
    pub(crate) browser: Browser,
    pub(crate) line: Line,
    pub(crate) stack: TestStack,
}

impl Scene {
    /// None where there is no browser.
    pub(crate) async fn set() -> Option<Self> {
        Self::with(|stack| stack).await
    }

    /// The same, with a stack that differs.
    pub(crate) async fn with(
        change: impl FnOnce(TestStackBuilder) -> TestStackBuilder,
    ) -> Option<Self> {
        let browser = Browser::start().await?;
        let line = Line::new().await;
        let stack = change(TestStack::with().no_schedules().page(&line));
        let stack = stack.start().await;
        line.lead_to(stack.stack().address());
        Some(Self {
            browser,
            line,
            stack,
        })
    }

    /// Where the page is, over the line.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.line.address())
    }

    /// Somebody new with the page before them, in English.
    pub(crate) async fn stranger(&self) -> Page {
        let page = self.browser.stranger().await;
        page.go(&format!("{}?lang=en", self.url())).await;
        page
    }

    /// Somebody who has begun as a guest and has their first conversation before them.
    pub(crate) async fn guest(&self) -> Page {
        let page = self.stranger().await;
        page.click_button("Start as a guest").await;
        online(&page).await;
        page
    }

    /// The user of a page, for what is done behind its back.
    pub(crate) async fn user(&self, page: &Page) -> User {
        let tokens = page
            .eval("JSON.parse(localStorage.getItem('gatepost.tokens'))")
            .await;
        User::new(self.stack.rest(), &tokens)
    }

    /// A member who joins the page's newest conversation, and its signed id.
    pub(crate) async fn shop(&self, page: &Page, role: &str) -> (User, String) {
        let (owner, shop) = (self.user(page).await, self.stack.guest().await);
        let session = self.newest_session(&owner).await;
        owner.rest.add_member(&session, &shop.id, role).await.ok();
        (shop, session)
    }

    pub(crate) async fn newest_session(&self, user: &User) -> String {
        let sessions = user.rest.sessions().await.ok();
        let newest = sessions["sessions"].as_array().unwrap().first().unwrap();
        newest["session_id"].as_str().unwrap().to_owned()
    }
}

/// Waits for the connection and for the messages.
pub(crate) async fn online(page: &Page) {
    page.until("document.querySelector('.state')?.dataset.state === 'online'")
        .await;
    page.until("document.querySelector('.scroller')?.ariaBusy === 'false'")
        .await;
}

/// Writes a message and sends it.
pub(crate) async fn say(page: &Page, text: &str) {
    page.eval("document.querySelector('.composer textarea').focus()")
        .await;
    page.type_text(text).await;
    page.key("Enter", 0).await;
}

/// An expression for the row of the message with that text.
pub(crate) fn row(text: &str) -> String {
    format!(
        "[...document.querySelectorAll('.message')].find(one => one.querySelector('.text').textContent === {})",
        json!(text)
    )
}

/// Waits until a message is shown in one of the states.
pub(crate) async fn until_state(page: &Page, text: &str, states: &[&str]) {
    let states = json!(states);
    page.until(&format!("{states}.includes({}?.dataset.state)", row(text)))
        .await;
}

/// Waits until a message is shown.
pub(crate) async fn until_shown(page: &Page, text: &str) {
    page.until(&row(text)).await;
}

/// The texts that are shown, in order.
pub(crate) async fn texts(page: &Page) -> Vec<String> {
    let texts = page
        .eval("[...document.querySelectorAll('.message .text')].map(one => one.textContent)")
        .await;
    let text = |text: &Value| text.as_str().unwrap().to_owned();
    texts.as_array().unwrap().iter().map(text).collect()
}
