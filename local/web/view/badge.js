/**
 * How much is unread: a number for the eye, words for the ear.
 */
import { MOST_UNREAD } from "../client/session-list.js";
import { el } from "./dom.js";
import { t } from "./words/index.js";

/** An empty badge; `draw` fills it. */
export function badge() {
  const number = el("span", { "aria-hidden": "true" });
  const words = el("span", { class: "hidden" });
  const element = el("span", { class: "badge", hidden: true }, number, words);
  return {
    element,
    /** @param {number} count */
    draw(count) {
      const many = count >= MOST_UNREAD;
      element.hidden = count === 0;
      number.textContent = many ? `${MOST_UNREAD - 1}+` : String(count);
      words.textContent = t(many ? "unreadMany" : "unread", { count });
    },
  };
}
