/**
 * One message: who, what, when, and what became of it.
 */
import { el } from "./dom.js";
import { fullTime, roleName, timeOfDay } from "./format.js";

/** @typedef {import("../client/entries.js").Entry} Entry */

/** The states of an own message in words. */
const STATES = { received: "", waiting: "waiting…", sending: "sending…", failed: "", sent: "sent ✓", read: "read ✓✓" };

/** One row of the list. */
export class MessageView {
  #author = el("p", { class: "author" });
  #text = el("p", { class: "text", dir: "auto" });
  #meta = el("p", { class: "meta" });
  /** What is shown now; drawing a long list again costs nothing where nothing changed. */
  #shown = "";
  /** @type {{retry: () => void, takeBack: () => void}} */ #actions;

  /** @param {{retry: () => void, takeBack: () => void}} actions */
  constructor(actions) {
    this.#actions = actions;
    /** @readonly */
    this.element = el("li", { class: "message" }, this.#author, this.#text, this.#meta);
  }

  /**
   * @param {Entry} entry
   * @param {{first: boolean, last: boolean}} place Where it stands among the messages that belong together.
   */
  show(entry, place) {
    const shown = JSON.stringify([entry, place]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    const { own, state, deleted } = entry;
    this.element.className = ["message", own ? "own" : "received", state].join(" ");
    this.element.classList.toggle("first", place.first);
    this.element.classList.toggle("last", place.last);
    this.element.classList.toggle("deleted", deleted);
    this.#author.hidden = !place.first;
    this.#author.className = own ? "author hidden" : "author";
    this.#author.textContent = own ? "You" : roleName(entry.role);
    this.#text.textContent = deleted ? "Message deleted" : entry.content;
    this.#meta.hidden = !place.last && state !== "failed";
    this.#meta.replaceChildren(...this.#about(entry));
  }

  /** @param {Entry} entry */
  #about({ created_at, edited, deleted, state, error }) {
    if (state === "failed") {
      return [
        el("span", { class: "error" }, `Not sent. ${error?.message ?? ""} `),
        el("button", { class: "link", type: "button", onclick: this.#actions.retry }, "Try again"),
        " ",
        el("button", { class: "link", type: "button", onclick: this.#actions.takeBack }, "Edit"),
      ];
    }
    const time = new Date(created_at);
    const parts = [timeOfDay(time), edited && !deleted ? "edited" : "", STATES[state]].filter((part) => part !== "");
    return [el("time", { dateTime: created_at, title: fullTime(time) }, parts.join(" · "))];
  }
}
