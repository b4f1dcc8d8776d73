/**
 * The messages of one session: in order, by day, with the states before there are any.
 */
import { SeenMarks } from "../gatepost.js";
import { ask } from "./dialog.js";
import { el } from "./dom.js";
import { dayKey, errorText } from "./format.js";
import { MessageView } from "./message.js";
import { Sight } from "./sight.js";
import { Window } from "./window.js";
import { t } from "./words/index.js";

/** @typedef {import("../client/entries.js").Entry} Entry */
/** @typedef {import("../client/session.js").Session} Session */
/** @typedef {import("./message.js").Place} Place */

/** Older messages are fetched when the reader is so close to the first one, in CSS pixels. */
const FETCH_AHEAD_PX = 4_000;

/** Messages of one author closer than this belong together, in milliseconds. */
const GROUP_MS = 5 * 60_000;

/** What the reader had not read begins so far below the upper edge, in CSS pixels. */
const FRESH_TOP_PX = 64;

/** The scrolling list of one session. */
export class MessageList {
  /** @type {Map<string, MessageView>} Of the rows that are in the document. */ #views = new Map();
  /** @type {Entry[]} What was drawn last. */ #entries = [];
  #missed = 0;
  /** @type {unknown} */ #historyError = null;
  #opened = false;
  /** @type {string | null} The key of the first message that had not been read when the list was opened. */ #fresh = null;
  #marks = new SeenMarks();
  /** @type {Sight} */ #sight;
  /** @type {Session} */ #session;
  /** @type {{takeBack: (text: string) => void, edit: (entry: Entry) => void, clock: () => number}} */ #actions;

  #rows = el("ol", { class: "messages" });
  #top = el("div", { class: "history" });
  #notice = el("div", { class: "notice" });
  #chip = el("button", { class: "chip", type: "button", hidden: true, onclick: () => this.toEnd() });
  /** @type {HTMLElement} */ #scroller;
  /** @type {Window<Entry & {place: Place}>} */ #window;

  /**
   * @param {Session} session
   * @param {object} options
   * @param {string} options.label
   * @param {(text: string) => void} options.takeBack Gets the text of a message that its author wants back.
   * @param {(entry: Entry) => void} options.edit
   * @param {() => number} options.clock The server's time, in Unix milliseconds.
   * @param {AbortSignal} options.signal Aborted when it is not shown any more.
   */
  constructor(session, { label, signal, ...actions }) {
    this.#session = session;
    this.#actions = actions;
    this.#scroller = el(
      "div",
      { class: "scroller", tabIndex: 0, role: "log", "aria-live": "off", "aria-label": label },
      this.#top,
      this.#notice,
      this.#rows,
    );
    this.#sight = new Sight(this.#scroller, (seqs) => this.#saw(seqs), signal);
    this.#window = new Window(this.#scroller, this.#rows, {
      draw: (entry) => this.#drawRow(entry),
      gone: (key) => this.#forgetRow(key),
      moved: () => this.#moved(),
      signal,
    });
    this.#scroller.addEventListener("scroll", () => this.#fetchHistory(), { passive: true });
    session.addEventListener("reset", () => this.#reset(), { signal });
    /** @readonly */
    this.element = el("div", { class: "message-list" }, this.#scroller, this.#chip);
  }

  /** Takes the focus from what has gone with it. */
  focus() {
    this.#scroller.focus({ preventScroll: true });
  }

  /** Goes to the newest message. */
  toEnd() {
    this.#window.toEnd();
  }

  /** Tells that others have written. @param {number} count */
  arrived(count) {
    if (this.#window.atEnd) return;
    this.#missed += count;
    this.#drawChip();
  }

  /** Shows the session as it is now. @param {Entry[]} entries */
  draw(entries) {
    this.#entries = entries;
    const opening = !this.#opened && this.#session.phase === "ready";
    if (opening) this.#open(entries);
    this.#drawNotice(entries.length === 0);
    this.#drawTop(entries.length > 0);
    this.#window.show(this.#placed(entries));
    if (opening && this.#fresh !== null) this.#window.toRow(this.#fresh, FRESH_TOP_PX);
    // A window taller than the page that was loaded never scrolls, and still has room for more.
    this.#fetchHistory();
    this.#mark();
  }

  /** The server's history is another one. */
  #reset() {
    this.#marks = new SeenMarks();
    this.#entries = [];
    this.#historyError = null;
  }

  /** Where the reader left off. @param {Entry[]} entries */
  #open(entries) {
    this.#opened = true;
    const mark = this.#session.readMark;
    this.#fresh = entries.find(({ seq, own, deleted }) => seq !== null && seq > mark && !own && !deleted)?.key ?? null;
  }

  /** @param {Entry[]} entries */
  #placed(entries) {
    return entries.map((entry, index) => {
      const [before, after] = [entries[index - 1], entries[index + 1]];
      const day = !before || dayKey(new Date(before.created_at)) !== dayKey(new Date(entry.created_at));
      const fresh = entry.key === this.#fresh;
      const first = day || fresh || !grouped(before, entry);
      const last = !grouped(entry, after) || entry.state !== after.state || after.key === this.#fresh;
      return { ...entry, place: { first, last, day, fresh } };
    });
  }

  /** @param {Entry & {place: Place}} row */
  #drawRow({ place, ...entry }) {
    const view = this.#views.get(entry.key) ?? new MessageView(this.#rowActions(entry.key));
    this.#views.set(entry.key, view);
    const mayRemove = this.#session.info?.role === "owner";
    view.show(entry, place, { now: this.#actions.clock(), mayRemove, others: this.#session.others.length });
    if (entry.seq !== null && !entry.own) this.#sight.watch(view.element, entry.seq);
    return view.element;
  }

  /** @param {string} key */
  #forgetRow(key) {
    const view = this.#views.get(key);
    if (view) this.#sight.unwatch(view.element);
    this.#views.delete(key);
  }

  /** @param {string} key @returns {import("./message.js").MessageActions} */
  #rowActions(key) {
    const session = this.#session;
    const entry = () => session.entries.find((one) => one.key === key);
    const id = () => entry()?.id ?? "";
    return {
      retry: () => session.retry(key),
      takeBack: () => this.#actions.takeBack(session.discard(key) ?? ""),
      discard: () => session.discard(key),
      edit: () => {
        const found = entry();
        if (found) this.#actions.edit(found);
      },
      remove: () => this.#askToRemove(() => session.remove(id())),
      retryAmendment: () => session.retryAmendment(id()),
      dropAmendment: () => session.dropAmendment(id()),
    };
  }

  /** @param {() => void} act */
  #askToRemove(act) {
    return ask({ title: t("deleteMessageQuestion"), lead: t("deleteMessageLead"), ok: t("delete"), danger: true, act });
  }

  // ---- What was seen ----

  /** @param {number[]} seqs */
  #saw(seqs) {
    for (const seq of seqs) this.#marks.add(seq);
    this.#mark();
  }

  #mark() {
    const { readMark, floor, phase } = this.#session;
    if (phase !== "ready") return;
    const reach = this.#marks.reach(readMark, this.#entries, floor);
    if (reach > readMark) this.#session.read(reach);
  }

  // ---- What stands where messages are missing ----

  /** @param {boolean} empty */
  #drawNotice(empty) {
    const { phase, error } = this.#session;
    this.#scroller.setAttribute("aria-busy", String(phase === "loading"));
    const kind = phase === "failed" ? `failed ${error?.code}` : empty ? phase : "";
    if (this.#notice.dataset.kind === kind) return;
    this.#notice.dataset.kind = kind;
    const held = this.#notice.contains(document.activeElement);
    if (phase === "failed") this.#notice.replaceChildren(...this.#failure());
    else if (kind === "loading") this.#notice.replaceChildren(skeleton());
    else if (kind === "ready") this.#notice.replaceChildren(...nothingYet());
    else this.#notice.replaceChildren();
    if (held) this.focus();
  }

  #failure() {
    const { error } = this.#session;
    const again = el("button", { class: "button", type: "button", onclick: () => this.#session.load() }, t("tryAgain"));
    return [
      el("p", { class: "notice-title" }, t("conversationGone")),
      el("p", {}, errorText(error)),
      ...(error === null || error.retry ? [again] : []),
    ];
  }

  /** @param {boolean} filled */
  #drawTop(filled) {
    const kind = this.#topKind(filled);
    if (this.#top.dataset.kind === kind) return;
    this.#top.dataset.kind = kind;
    const held = this.#top.contains(document.activeElement);
    if (kind === "failed") this.#top.replaceChildren(...this.#historyFailure());
    else this.#top.replaceChildren(...(kind ? [t(kind)] : []));
    if (held) this.focus();
  }

  /** @param {boolean} filled */
  #topKind(filled) {
    if (!filled || this.#session.phase === "failed") return "";
    if (this.#session.complete) return "beginning";
    return this.#historyError ? "failed" : "loadingEarlier";
  }

  #historyFailure() {
    const again = () => {
      this.#historyError = null;
      this.#fetchHistory();
    };
    return [t("earlierFailed"), " ", el("button", { class: "link", type: "button", onclick: again }, t("tryAgain"))];
  }

  async #fetchHistory() {
    const near = this.#scroller.scrollTop < FETCH_AHEAD_PX;
    if (!near || this.#historyError || this.#session.complete || this.#session.phase !== "ready") return;
    try {
      await this.#session.loadHistory();
    } catch (error) {
      this.#historyError = error;
      this.#drawTop(true);
    }
  }

  #moved() {
    if (this.#window.atEnd) this.#missed = 0;
    this.#drawChip();
  }

  #drawChip() {
    // A button that is gone has no focus to keep.
    if (this.#window.atEnd && this.#chip === document.activeElement) this.focus();
    this.#chip.hidden = this.#window.atEnd;
    const words = this.#missed > 0 ? t("newMessages", { count: this.#missed }) : t("toEnd");
    this.#chip.replaceChildren(this.#missed > 0 ? `${words} ` : "", el("span", { "aria-hidden": "true" }, "↓"));
    this.#chip.setAttribute("aria-label", words);
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
  return [el("p", { class: "notice-title" }, t("nothingYet")), el("p", {}, t("nothingYetLead"))];
}

function skeleton() {
  const bars = ["received", "own", "received"].map((side) => el("div", { class: `skeleton ${side}` }));
  return el("div", { role: "status" }, el("span", { class: "hidden" }, t("loadingConversation")), ...bars);
}
