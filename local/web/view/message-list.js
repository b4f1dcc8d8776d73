/**
 * The messages of one pane: in order, by day, with the states before there are any.
 */
import { arrange, el } from "./dom.js";
import { dayKey, dayName } from "./format.js";
import { MessageView } from "./message.js";
import { ScrollKeeper } from "./scroll-keeper.js";

/** @typedef {import("../client/entries.js").Entry} Entry */
/** @typedef {import("../client/session.js").Session} Session */

/** Older messages are fetched when the reader is so close to the first one, in CSS pixels. */
const FETCH_AHEAD_PX = 240;

/** Messages of one author closer than this belong together, in milliseconds. */
const GROUP_MS = 5 * 60_000;

/** The scrolling list of one pane. */
export class MessageList {
  /** @type {Map<string, MessageView>} */ #messages = new Map();
  /** @type {Map<string, HTMLElement>} */ #days = new Map();
  #missed = 0;
  /** @type {Error | null} */ #historyError = null;
  /** @type {Session} */ #session;
  /** @type {{takeBack: (text: string) => void, startOver: (note: string) => void, moved: () => void}} */ #actions;

  #rows = el("ol", { class: "messages" });
  #top = el("div", { class: "history" });
  #notice = el("div", { class: "notice" });
  #chip = el("button", { class: "chip", type: "button", hidden: true, onclick: () => this.toEnd() });
  /** @type {HTMLElement} */ #scroller;
  /** @type {ScrollKeeper} */ #keeper;

  /**
   * @param {Session} session
   * @param {object} options
   * @param {string} options.label
   * @param {(text: string) => void} options.takeBack Gets the text of a failed message that the author wants back.
   * @param {(note: string) => void} options.startOver
   * @param {() => void} options.moved Called when the reader came to the end, or left it.
   */
  constructor(session, { label, ...actions }) {
    this.#session = session;
    this.#actions = actions;
    this.#scroller = el(
      "div",
      { class: "scroller", tabIndex: 0, role: "log", "aria-live": "off", "aria-label": label },
      this.#top,
      this.#notice,
      this.#rows,
    );
    this.#keeper = new ScrollKeeper(this.#scroller, this.#rows, () => this.#moved());
    this.#scroller.addEventListener("scroll", () => this.#fetchHistory(), { passive: true });
    /** @readonly */
    this.element = el("div", { class: "message-list" }, this.#scroller, this.#chip);
  }

  /** Whether the reader sees the newest message. */
  get atBottom() {
    return this.#keeper.atEnd;
  }

  /** Goes to the newest message. */
  toEnd() {
    this.#keeper.toEnd();
  }

  /** Tells that others have written. @param {number} count */
  arrived(count) {
    if (this.#keeper.atEnd) return;
    this.#missed += count;
    this.#drawChip();
  }

  /** Shows the session as it is now. */
  draw() {
    const entries = this.#session.entries;
    this.#keeper.around(() => {
      arrange(this.#rows, this.#arranged(entries));
      this.#drawNotice(entries.length === 0);
      this.#drawTop(entries.length > 0);
    });
    // A window taller than the page that was loaded never scrolls, and still has room for more.
    this.#fetchHistory();
  }

  /** @param {Entry[]} entries */
  #arranged(entries) {
    const messages = this.#messages;
    this.#messages = new Map();
    /** @type {HTMLElement[]} */ const nodes = [];
    entries.forEach((entry, index) => {
      const day = dayKey(new Date(entry.created_at));
      const [before, after] = [entries[index - 1], entries[index + 1]];
      if (!before || dayKey(new Date(before.created_at)) !== day) nodes.push(this.#day(day, new Date(entry.created_at)));
      const view = messages.get(entry.key) ?? new MessageView(this.#entryActions(entry.key));
      view.show(entry, { first: !grouped(before, entry), last: !grouped(entry, after) || entry.state !== after.state });
      this.#messages.set(entry.key, view);
      nodes.push(view.element);
    });
    return nodes;
  }

  /**
   * @param {string} key
   * @param {Date} time
   */
  #day(key, time) {
    const row = this.#days.get(key) ?? el("li", { class: "day" }, el("span", {}));
    this.#days.set(key, row);
    if (row.firstElementChild) row.firstElementChild.textContent = dayName(time);
    return row;
  }

  /** @param {string} key */
  #entryActions(key) {
    return {
      retry: () => this.#session.retry(key),
      takeBack: () => {
        const text = this.#session.discard(key);
        if (text !== undefined) this.#actions.takeBack(text);
      },
    };
  }

  // ---- What stands where messages are missing ----

  /** @param {boolean} empty */
  #drawNotice(empty) {
    const { phase, error } = this.#session;
    this.#scroller.setAttribute("aria-busy", String(phase === "loading"));
    const kind = phase === "failed" ? `failed ${error?.code}` : empty ? phase : "";
    if (this.#notice.dataset.kind === kind) return;
    this.#notice.dataset.kind = kind;
    if (phase === "failed") this.#notice.replaceChildren(...this.#failure());
    else if (kind === "loading") this.#notice.replaceChildren(skeleton());
    else if (kind === "ready") this.#notice.replaceChildren(...nothingYet());
    else this.#notice.replaceChildren();
  }

  #failure() {
    const { error } = this.#session;
    const text = error?.message ?? "";
    const final = error !== null && !error.retry;
    return [
      el("p", { class: "notice-title" }, "The conversation cannot be shown"),
      el("p", {}, text),
      final
        ? el("button", { class: "button", type: "button", onclick: () => this.#actions.startOver(text) }, "Start over")
        : el("button", { class: "button", type: "button", onclick: () => this.#session.load() }, "Try again"),
    ];
  }

  /** @param {boolean} filled */
  #drawTop(filled) {
    if (!filled) this.#top.replaceChildren();
    else if (this.#session.complete) this.#top.replaceChildren("The conversation begins here");
    else if (this.#historyError) {
      const again = () => {
        this.#historyError = null;
        this.#fetchHistory();
      };
      const button = el("button", { class: "link", type: "button", onclick: again }, "Try again");
      this.#top.replaceChildren(`${this.#historyError.message} `, button);
    } else this.#top.replaceChildren("Loading earlier messages…");
  }

  async #fetchHistory() {
    const near = this.#scroller.scrollTop < FETCH_AHEAD_PX;
    if (!near || this.#historyError || this.#session.complete || this.#session.phase !== "ready") return;
    try {
      await this.#session.loadHistory();
    } catch (error) {
      this.#historyError = error instanceof Error ? error : new Error(String(error));
      this.#drawTop(true);
    }
  }

  #moved() {
    if (this.#keeper.atEnd) this.#missed = 0;
    this.#drawChip();
    this.#actions.moved();
  }

  #drawChip() {
    this.#chip.hidden = this.#keeper.atEnd;
    this.#chip.textContent = this.#missed > 0 ? `${this.#missed} new ${this.#missed === 1 ? "message" : "messages"} ↓` : "↓";
    this.#chip.setAttribute("aria-label", this.#missed > 0 ? `${this.#missed} new messages, go to the end` : "Go to the end");
    this.#chip.classList.toggle("news", this.#missed > 0);
  }
}

/**
 * Whether two neighbours belong together.
 *
 * @param {Entry | undefined} upper
 * @param {Entry | undefined} lower
 */
function grouped(upper, lower) {
  if (!upper || !lower || upper.user_id !== lower.user_id) return false;
  return Date.parse(lower.created_at) - Date.parse(upper.created_at) < GROUP_MS;
}

function nothingYet() {
  return [
    el("p", { class: "notice-title" }, "Nothing said yet"),
    el("p", {}, "Write below, and it appears in the other seats."),
  ];
}

function skeleton() {
  const bars = ["received", "own", "received"].map((side) => el("div", { class: `skeleton ${side}` }));
  return el("div", { role: "status" }, el("span", { class: "hidden" }, "Loading the conversation"), ...bars);
}
