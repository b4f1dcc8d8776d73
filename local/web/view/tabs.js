/**
 * Where only one pane fits: a row of buttons that says which one is seen, where something is unread, and who is offline.
 */
import { el } from "./dom.js";

/** @typedef {import("./pane.js").Pane} Pane */

/** A pane of which this share is on the screen is the one that is seen. */
const SEEN_SHARE = 0.6;

/** The row of buttons above the strip. Hidden by the style sheet where all panes fit. */
export class Tabs {
  /** @type {Map<Element, {pane: Pane, button: HTMLButtonElement, badge: HTMLElement}>} */ #tabs = new Map();

  /**
   * @param {HTMLElement} strip
   * @param {Pane[]} panes
   */
  constructor(strip, panes) {
    for (const pane of panes) {
      const badge = el("span", { class: "badge", hidden: true });
      const dot = el("span", { class: "dot", "aria-hidden": "true" });
      const show = () => strip.scrollTo({ left: pane.element.offsetLeft - strip.offsetLeft, behavior: scrolling() });
      const button = el("button", { class: "tab", type: "button", onclick: show }, dot, pane.seat.name, badge);
      this.#tabs.set(pane.element, { pane, button, badge });
      pane.addEventListener("drawn", () => this.#draw(pane.element));
      pane.seat.chat.socket.addEventListener("state", () => this.#draw(pane.element));
      this.#draw(pane.element);
    }
    /** The row itself. */
    this.element = el("nav", { class: "tabs", "aria-label": "Seats" }, ...[...this.#tabs.values()].map(({ button }) => button));
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
    tab.pane.seen = seen;
    tab.button.setAttribute("aria-current", String(seen));
  }

  /** @param {Element} element */
  #draw(element) {
    const tab = this.#tabs.get(element);
    if (!tab) return;
    const { session, chat } = tab.pane.seat;
    tab.button.dataset.state = chat.socket.state;
    tab.badge.hidden = session.unread === 0;
    tab.badge.textContent = session.unread > 99 ? "99+" : String(session.unread);
    tab.badge.setAttribute("aria-label", `${session.unread} unread`);
  }
}

/** @returns {ScrollBehavior} */
function scrolling() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
}
