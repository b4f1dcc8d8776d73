/**
 * Where only one pane fits: a row of buttons that says which one is seen, where something is unread, and who is offline.
 */
import { badge } from "./badge.js";
import { el } from "./dom.js";
import { t } from "./words/index.js";

/** @typedef {import("./pane.js").Pane} Pane */

/** A pane of which this share is on the screen is the one that is seen. */
const SEEN_SHARE = 0.6;

/** The row of buttons above the strip. Hidden by the style sheet where all panes fit. */
export class Tabs {
  /** @type {Map<Element, {pane: Pane, button: HTMLButtonElement, unread: ReturnType<typeof badge>}>} */ #tabs = new Map();

  /**
   * @param {HTMLElement} strip
   * @param {Pane[]} panes
   */
  constructor(strip, panes) {
    for (const pane of panes) {
      const unread = badge();
      const dot = el("span", { class: "dot", "aria-hidden": "true" });
      const show = () => pane.element.scrollIntoView({ inline: "start", block: "nearest", behavior: scrolling() });
      const button = el("button", { class: "tab", type: "button", onclick: show }, dot, pane.seat.name, unread.element);
      this.#tabs.set(pane.element, { pane, button, unread });
      pane.addEventListener("drawn", () => this.#draw(pane.element));
      pane.seat.chat.socket.addEventListener("state", () => this.#draw(pane.element));
      this.#draw(pane.element);
    }
    /** The row itself. */
    this.element = el("nav", { class: "tabs", "aria-label": t("seats") }, ...[...this.#tabs.values()].map(({ button }) => button));
    this.#watch(strip);
  }

  /** @param {HTMLElement} strip */
  #watch(strip) {
    const observer = new IntersectionObserver(
      (changes) => {
        for (const { target, intersectionRatio } of changes) this.#seen(target, intersectionRatio >= SEEN_SHARE);
      },
      { root: strip, threshold: [0, SEEN_SHARE] },
    );
    for (const element of this.#tabs.keys()) observer.observe(element);
  }

  /**
   * @param {Element} element
   * @param {boolean} seen
   */
  #seen(element, seen) {
    const tab = this.#tabs.get(element);
    if (!tab) return;
    tab.button.setAttribute("aria-current", String(seen));
  }

  /** @param {Element} element */
  #draw(element) {
    const tab = this.#tabs.get(element);
    if (!tab) return;
    const { session, chat } = tab.pane.seat;
    tab.button.dataset.state = chat.socket.state;
    tab.unread.draw(session.unread);
  }
}

/** @returns {ScrollBehavior} */
function scrolling() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
}
