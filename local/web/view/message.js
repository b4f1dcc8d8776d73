/**
 * One message: who, what, when, and what became of it.
 */
import { arrange, el } from "./dom.js";
import { dayName, fullTime, roleName, timeOfDay } from "./format.js";
import { trouble } from "./troubles.js";
import { t } from "./words/index.js";

/** @typedef {import("../client/entries.js").Entry} Entry */

/**
 * @typedef {object} Place Where it stands among its neighbours.
 * @property {boolean} first Of those that belong together.
 * @property {boolean} last
 * @property {boolean} day Whether it is the first of its day.
 * @property {boolean} fresh Whether it is the first that the reader had not read.
 */

/**
 * @typedef {object} MessageActions
 * @property {() => void} retry
 * @property {() => void} takeBack
 * @property {() => void} discard
 * @property {() => void} edit
 * @property {() => void} remove
 * @property {() => void} retryAmendment
 * @property {() => void} dropAmendment
 */

/** The states of an own message: a phrase, and a sign for the eye. */
const STATES = /** @type {const} */ ({
  waiting: ["waiting", ""],
  sending: ["sending", ""],
  sent: ["sent", "✓"],
  delivered: ["delivered", "✓✓"],
});

/** One row of the list. */
export class MessageView {
  #fresh = el("p", { class: "fresh" }, el("span", {}, t("newHere")));
  #day = el("p", { class: "day" });
  #author = el("p", { class: "author" });
  #text = el("p", { class: "text", dir: "auto" });
  #tools = el("div", { class: "tools" });
  #meta = el("p", { class: "meta" });
  #note = el("div", { class: "note" });
  /** What the note tells. A button that is made anew has lost the focus. */
  #noted = "";
  /** @type {HTMLElement} */ #edit;
  /** @type {HTMLElement} */ #remove;
  /** What is shown now; drawing a long list again costs nothing where nothing changed. */
  #shown = "";
  /** @type {MessageActions} */ #actions;

  /** @param {MessageActions} actions */
  constructor(actions) {
    this.#actions = actions;
    this.#edit = tool("edit", "✎", actions.edit);
    this.#remove = tool("delete", "×", actions.remove);
    // Where nothing hovers, a touch shows what can be done.
    this.#text.addEventListener("click", () => this.element.classList.toggle("touched"));
    const body = el("div", { class: "body" }, this.#text, this.#tools);
    /** @readonly */
    this.element = el("li", { class: "message" }, this.#day, this.#fresh, this.#author, body, this.#meta, this.#note);
  }

  /**
   * @param {Entry} entry
   * @param {Place} place
   * @param {{now: number, mayRemove: boolean, others: number}} scene `others` is how many others there are.
   */
  show(entry, place, { now, mayRemove, others }) {
    const time = new Date(entry.created_at);
    const day = place.day ? dayName(time, now) : "";
    const { error, amendment } = entry;
    const shown = JSON.stringify([entry, place, day, mayRemove, others, error?.message, amendment?.error?.message]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    const { own, state, deleted } = entry;
    const touched = this.element.classList.contains("touched");
    const kinds = { touched, first: place.first, last: place.last, deleted, saving: amendment?.state === "saving" };
    const classes = Object.entries(kinds).filter(([, on]) => on).map(([name]) => name);
    this.element.className = ["message", own ? "own" : "received", state, ...classes].join(" ");
    this.element.dataset.state = state;
    this.#fresh.hidden = !place.fresh;
    this.#day.hidden = !place.day;
    this.#day.textContent = day;
    this.#author.hidden = !place.first;
    this.#author.className = own ? "author hidden" : "author";
    this.#author.textContent = own ? t("you") : roleName(entry.role);
    this.#text.textContent = deleted ? t(amendment?.state === "saving" ? "deleting" : "deleted") : entry.content;
    this.#drawTools(entry, mayRemove);
    this.#meta.hidden = !(place.last || entry.edited || amendment) || state === "failed";
    this.#meta.replaceChildren(...about(entry, time, others));
    this.#drawNote(entry);
  }

  /**
   * @param {Entry} entry
   * @param {boolean} mayRemove
   */
  #drawTools({ id, own, deleted, amendment }, mayRemove) {
    const usable = id !== null && !deleted && !amendment;
    const tools = [];
    if (usable && own) tools.push(this.#edit);
    if (usable && (own || mayRemove)) tools.push(this.#remove);
    arrange(this.#tools, tools);
    this.#tools.hidden = tools.length === 0;
  }

  /** @param {Entry} entry */
  #drawNote(entry) {
    const { state, error, amendment, deleted } = entry;
    const noted = JSON.stringify([state === "failed", error?.message, amendment, amendment?.error?.message, deleted]);
    if (noted === this.#noted) return;
    this.#noted = noted;
    this.#note.replaceChildren(...this.#notes(entry));
    this.#note.hidden = !this.#note.hasChildNodes();
  }

  /** @param {Entry} entry */
  #notes(entry) {
    const { state, amendment, deleted } = entry;
    const { retry, takeBack, discard, retryAmendment, dropAmendment } = this.#actions;
    const text = el("span", { class: "error" }, trouble(entry));
    if (state === "failed") return [text, link("tryAgain", retry), link("takeBack", takeBack), link("discard", discard)];
    if (amendment?.state === "failed") return [text, link("tryAgain", retryAmendment), link("discard", dropAmendment)];
    if (amendment?.state !== "conflict") return [];
    if (amendment.type === "delete") return [text, link("delete", retryAmendment), link("keepThis", dropAmendment)];
    const mine = el("q", { class: "mine", dir: "auto" }, amendment.content);
    return [text, mine, ...(deleted ? [link("discard", dropAmendment)] : [link("useMine", retryAmendment), link("keepThis", dropAmendment)])];
  }
}

/**
 * @param {Entry} entry
 * @param {Date} time
 * @param {number} others
 */
function about({ edited, deleted, amendment, created_at, state, readBy }, time, others) {
  /** @type {(Node | string)[]} */
  const parts = [el("time", { dateTime: created_at, title: fullTime(time) }, timeOfDay(time))];
  if (edited && !deleted) parts.push(t("edited"));
  // That it is being deleted stands in its place.
  if (amendment?.state === "saving") parts.push(...(amendment.type === "edit" ? [t("saving")] : []));
  else if (state === "read") parts.push(signed(others > 1 ? t("readBy", { count: readBy }) : t("read"), "✓✓"));
  else if (state in STATES) {
    const [key, sign] = STATES[/** @type {keyof typeof STATES} */ (state)];
    parts.push(signed(t(key), sign));
  }
  return parts.flatMap((part, index) => (index === 0 ? [part] : [" · ", part]));
}

/**
 * @param {string} words
 * @param {string} sign
 */
function signed(words, sign) {
  return el("span", { class: "became" }, words, sign ? el("span", { class: "sign", "aria-hidden": "true" }, ` ${sign}`) : null);
}

/**
 * @param {"edit" | "delete"} key
 * @param {string} sign
 * @param {() => void} act
 */
function tool(key, sign, act) {
  return el("button", { class: `tool ${key}`, type: "button", title: t(key), "aria-label": t(key), onclick: act }, sign);
}

/**
 * @param {import("./words/index.js").Key} key
 * @param {() => void} act
 */
function link(key, act) {
  return el("button", { class: "link", type: "button", "data-act": key, onclick: act }, t(key));
}
