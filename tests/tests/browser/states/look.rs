//! What is wrong with what a page shows.

use serde_json::json;
use tests::{Axe, Page};

/// Words in Latin letters that are shown, or named for a screen reader. The walk writes nothing but digits, so any is one that nobody
/// has translated, unless it is a name: of the product, of a language, or of what the protocol and the template call so.
const LATIN: &str = "(() => {
    const found = [];
    const names = '.frames-list, .schedule';
    const note = (text, element) => {
        const words = text.replaceAll('Gatepost', '').replaceAll('English', '').match(/[A-Za-z]{2,}/g);
        if (words && !element.closest(names)) found.push(`${words.join(' ')} in ${element.outerHTML.slice(0, 200)}`);
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) if (walker.currentNode.parentElement.tagName !== 'SCRIPT') note(walker.currentNode.data, walker.currentNode.parentElement);
    const told = ['aria-label', 'aria-description', 'aria-roledescription', 'aria-valuetext', 'title', 'placeholder', 'alt'];
    for (const element of document.querySelectorAll(told.map(name => `[${name}]`).join()))
        for (const name of told) note(element.getAttribute(name) ?? '', element);
    note(document.title, document.documentElement);
    return found;
})()";

/// What is wider than the window, stands out of its box, or is cut off where no ellipsis says so and nothing scrolls.
const MISFITS: &str = "(() => {
    const found = [];
    const told = element => element.outerHTML.slice(0, 160);
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth > width) found.push(`the page is ${document.documentElement.scrollWidth} px wide`);
    const within = document.querySelector('dialog[open]') ?? document.body;
    for (const element of within.querySelectorAll('*')) {
        if (!element.checkVisibility({ visibilityProperty: true }) || element.closest('.hidden, svg, option')) continue;
        const box = element.getBoundingClientRect();
        // The seats stand in a strip that can be swiped.
        const strip = element.closest('.strip')?.getBoundingClientRect();
        if (box.width <= 1 || (strip && (box.right <= strip.left + 1 || box.left >= strip.right - 1))) continue;
        const cut = getComputedStyle(element.parentElement).textOverflow === 'ellipsis';
        if (!cut && !element.closest('.strip') && (box.left < -1 || box.right > width + 1)) found.push(`${box.left}..${box.right}: ${told(element)}`);
        const style = getComputedStyle(element);
        // Other boxes are wide because of what they have within, which is looked at by itself.
        const clips = style.overflowX === 'hidden' || style.overflowX === 'clip';
        const speaks = [...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim());
        const wide = (clips || speaks) && element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0;
        const high = element.scrollHeight > element.clientHeight + 1 && element.clientHeight > 0;
        const scrolls = value => value === 'auto' || value === 'scroll';
        const ellipsis = style.textOverflow === 'ellipsis';
        const field = element.matches('input, textarea, .strip');
        if (wide && !ellipsis && !field && !scrolls(style.overflowX) && style.display !== 'inline') found.push(`too wide: ${told(element)}`);
        if (high && !field && style.overflowY === 'hidden' && !ellipsis) found.push(`too high: ${told(element)}`);
    }
    return found;
})()";

/// Colours fade into each other; axe would measure the way.
const SETTLED: &str = "Promise.allSettled(document.getAnimations().filter(one => one.effect.getTiming().iterations !== Infinity).map(one => one.finished))
    .then(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true)))))";

/// A phone, and a screen.
const NARROW: (u32, u32) = (360, 720);
const WIDE: (u32, u32) = (1_280, 800);

/// Looks at a page in one language: every word is of that language, everything fits on a phone and on a screen, and, in English, axe-core
/// finds nothing serious in light and dark colours. What differs between the languages is words, and those axe does not read.
pub(super) struct Look {
    pub(super) tag: &'static str,
    axe: Option<Axe>,
}

impl Look {
    pub(super) async fn new(tag: &'static str) -> Self {
        let axe = if tag == "en" {
            Axe::find_or_install().await
        } else {
            None
        };
        Self { tag, axe }
    }

    /// Panics with what is wrong.
    pub(super) async fn at(&self, page: &Page, state: &str) {
        for (size, options) in [
            (
                NARROW,
                json!({"rules": {"color-contrast": {"enabled": false}}}),
            ),
            (WIDE, json!({})),
        ] {
            let ((width, height), tag) = (size, self.tag);
            page.size(width, height).await;
            page.eval(SETTLED).await;
            let shown = format!("{state}-{tag}-{width}");
            page.picture_if_wanted(&shown).await;
            let misfits = page.eval(MISFITS).await;
            assert_eq!(misfits, json!([]), "{shown}: {misfits:#}");
            self.serious(page, &shown, &options).await;
        }
        if self.tag == "en" {
            self.in_the_dark(page, state).await;
        } else {
            let latin = page.eval(LATIN).await;
            assert_eq!(latin, json!([]), "{state}, {}: {latin:#}", self.tag);
        }
    }

    /// Dark colours differ in nothing but their contrast.
    async fn in_the_dark(&self, page: &Page, state: &str) {
        page.dark(true).await;
        page.eval(SETTLED).await;
        let shown = format!("{state}-{}-dark", self.tag);
        page.picture_if_wanted(&shown).await;
        self.serious(page, &shown, &json!({"runOnly": ["color-contrast"]}))
            .await;
        page.dark(false).await;
    }

    async fn serious(&self, page: &Page, shown: &str, options: &serde_json::Value) {
        if let Some(axe) = &self.axe {
            let serious = axe.serious(page, options).await;
            assert_eq!(serious, json!([]), "{shown}: {serious:#}");
        }
    }
}
