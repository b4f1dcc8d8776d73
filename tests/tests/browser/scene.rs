//! A browser, a stack, and the line between them.

use tests::{Browser, Line, Page, TestStack, TestStackBuilder};

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
        let stack = change(TestStack::with().no_schedules().page(&line))
            .start()
            .await;
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

    /// Somebody new with the page before them.
    pub(crate) async fn stranger(&self) -> Page {
        let page = self.browser.stranger().await;
        page.go(&self.url()).await;
        page
    }
}
