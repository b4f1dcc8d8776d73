//! A browser, a stack, the line between them, and what people do on the page.

use std::{ops::Deref, sync::Arc, time::Duration};

use serde_json::{Value, json};
use tests::{Browser, Kept, Line, Page, Shared, TestStack, TestStackBuilder, User};

/// Lets a test move a page's time on, and its sockets go over the test's line.
const SCRIPT: &str = include_str!("page.js");

/// After so long without an answer the page asks its user what to do.
pub(crate) const GIVE_UP: Duration = Duration::from_secs(15);

/// Every test has its own windows, users and line; the browser behind them is one.
static BROWSER: Shared<Browser> = Shared::new();

/// Of the tests that put up with others on the same stack.
static STACK: Shared<TestStack> = Shared::new();

pub(crate) struct Scene {
    pub(crate) line: Line,
    pub(crate) stack: Ground,
    // Its windows close before the stack ends.
    browser: Arc<Kept<Browser>>,
}

/// What a scene stands on.
pub(crate) enum Ground {
    Own(Box<TestStack>),
    Shared(Arc<Kept<TestStack>>),
}

impl Deref for Ground {
    type Target = TestStack;

    fn deref(&self) -> &TestStack {
        match self {
            Self::Own(stack) => stack,
            Self::Shared(stack) => stack,
        }
    }
}

impl Scene {
    /// On a stack that other tests use as well: it has to go on, with all of its keys, and without a fault.
    /// None where there is no browser.
    pub(crate) async fn set() -> Option<Self> {
        let browser = BROWSER.get(Browser::start()).await?;
        let start = async { Some(TestStack::with().no_schedules().page().start().await) };
        let stack = STACK.get(start).await?;
        Some(Self::on(browser, Ground::Shared(stack)).await)
    }

    /// On a stack of the test's own, which may differ.
    pub(crate) async fn with(
        change: impl FnOnce(TestStackBuilder) -> TestStackBuilder,
    ) -> Option<Self> {
        let browser = BROWSER.get(Browser::start()).await?;
        let stack = change(TestStack::with().no_schedules().page());
        Some(Self::on(browser, Ground::Own(Box::new(stack.start().await))).await)
    }

    async fn on(browser: Arc<Kept<Browser>>, stack: Ground) -> Self {
        let line = Line::new().await;
        line.lead_to(stack.stack().address());
        Self {
            line,
            stack,
            browser,
        }
    }

    /// Another way to the stack, for a device with a network of its own.
    pub(crate) async fn another_line(&self) -> Line {
        let line = Line::new().await;
        line.lead_to(self.stack.stack().address());
        line
    }

    /// Ends the stack, which has to be the test's own.
    pub(crate) async fn stop_stack(self) -> Line {
        let Ground::Own(stack) = self.stack else {
            panic!("others use this stack")
        };
        stack.stop().await;
        self.line
    }

    /// Where the page is, over the line.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.line.address())
    }

    /// A window of somebody new.
    pub(crate) async fn window(&self) -> Page {
        let page = self.browser.stranger().await;
        page.before_every_document(SCRIPT).await;
        page
    }

    /// Somebody new with the page before them, in English.
    pub(crate) async fn stranger(&self) -> Page {
        let page = self.window().await;
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

    /// Fills an empty session with messages of a user: by hand, because sending so many takes longer than a test may.
    pub(crate) async fn fill(&self, session: &str, user: &User, many: u32, words: [&str; 2]) {
        let session = session.split('.').next().unwrap();
        let sql = include_str!("fill.sql")
            .replace("{session}", session)
            .replace("{user}", &user.id)
            .replace("{many}", &many.to_string())
            .replace("{name}", words[0])
            .replace("{more}", words[1]);
        self.stack
            .database()
            .await
            .batch_execute(&sql)
            .await
            .unwrap();
        // Redis does not know of it.
        let mut keys = self.stack.keys().await;
        let stale =
            ["state", "recent", "members", "sends"].map(|of| format!("{{s:{session}}}:{of}"));
        redis::cmd("DEL")
            .arg(&stale)
            .exec_async(&mut keys)
            .await
            .unwrap();
    }

    /// Fills the newest session of a page's user and shows it anew. It gives the session.
    pub(crate) async fn long_conversation(&self, page: &Page, many: u32) -> String {
        let user = self.user(page).await;
        let session = self.newest_session(&user).await;
        self.fill(&session, &user, many, ["Message", "and more"])
            .await;
        page.reload().await;
        online(page).await;
        session
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

/// Lets a page's time pass at once: timers ring, and clocks show it.
pub(crate) async fn move_on(page: &Page, time: Duration) {
    page.eval(&format!("moveOn({})", time.as_millis())).await;
}

/// Tells a page that the network is back, so that it does not wait for its next try.
pub(crate) async fn network_is_back(page: &Page) {
    page.eval("void dispatchEvent(new Event('online'))").await;
}

/// Writes a message and sends it.
pub(crate) async fn say(page: &Page, text: &str) {
    page.eval("document.querySelector('.composer textarea').focus()")
        .await;
    page.type_text(text).await;
    page.key("Enter", 0).await;
}

/// Presses a tool of a message, `edit` or `delete`, whether the mouse is there or not.
pub(crate) async fn tool(page: &Page, text: &str, name: &str) {
    page.eval(&format!(
        "{}.querySelector('.tool.{name}').click()",
        row(text)
    ))
    .await;
}

/// Deletes a message, and says that it is meant.
pub(crate) async fn delete(page: &Page, text: &str) {
    tool(page, text, "delete").await;
    page.click("dialog .danger").await;
    page.until("!document.querySelector('dialog')").await;
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
