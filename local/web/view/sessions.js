/**
 * The list of sessions: what each is called, what was said last and when, and how much of it is unread.
 */
import { badge } from "./badge.js";
import { arrange, el, oncePerFrame } from "./dom.js";
import { ago, errorText } from "./format.js";
import { t } from "./words/index.js";

/** @typedef {import("../client/types.js").SessionInfo} SessionInfo */

/** How often "five minutes ago" is looked at again, in milliseconds. */
const TICK_MS = 30_000;

/** So much of the last message is shown, in characters. */
const PREVIEW = 120;

/** The list. */
export class Sessions {
  /** @type {Map<string, Row>} By signed id. */ #rows = new Map();
  /** @type {string | null} */ #current = null;
  #list = el("ul", { class: "sessions" });
  #notice = el("div", { class: "notice" });
  #more = el("button", { class: "button", type: "button", onclick: () => this.#showMore() }, t("moreConversations"));
  #moreError = el("p", { role: "alert" });
  #foot = el("div", { class: "notice" }, this.#moreError, this.#more);
  /** @type {import("../client/session-list.js").SessionList} */ #sessions;
  /** @type {import("../client/chat.js").Chat} */ #chat;
  /** @type {(sessionId: string) => void} */ #choose;
  /** @type {any} */ #timer;

  /**
   * @param {import("../client/session-list.js").SessionList} sessions
   * @param {import("../client/chat.js").Chat} chat
   * @param {{choose: (sessionId: string) => void}} actions
   */
  constructor(sessions, chat, { choose }) {
    this.#sessions = sessions;
    this.#chat = chat;
    this.#choose = choose;
    /** @readonly */
    this.element = el("nav", { class: "session-list", tabIndex: -1, "aria-label": t("conversations") }, this.#notice, this.#list, this.#foot);
    sessions.addEventListener("change", oncePerFrame(() => this.#draw()));
    this.#timer = setInterval(() => this.#draw(), TICK_MS);
    this.#draw();
  }

  /** Marks the session that is shown. @param {string | null} sessionKey */
  set current(sessionKey) {
    this.#current = sessionKey;
    this.#draw();
  }

  /** Puts the focus on a session, if it is there. @param {string} sessionKey */
  focus(sessionKey) {
    for (const [id, row] of this.#rows) if (id.split(".", 1)[0] === sessionKey) row.focus();
  }

  /** It is not shown any more. */
  close() {
    clearInterval(this.#timer);
  }

  #draw() {
    const { items, phase, error } = this.#sessions;
    const rows = new Map(items.map((info) => [info.session_id, this.#rows.get(info.session_id) ?? new Row(() => this.#choose(info.session_id))]));
    this.#rows = rows;
    const now = Date.now() + this.#chat.socket.clockSkew;
    for (const info of items) {
      rows.get(info.session_id)?.show(info, { me: this.#chat.userId, now, current: info.session_id.split(".", 1)[0] === this.#current });
    }
    arrange(this.#list, [...rows.values()].map(({ element }) => element));
    this.#drawNotice(items.length === 0 ? phase : null, error);
    this.#foot.hidden = this.#sessions.complete;
  }

  async #showMore() {
    const known = new Set(this.#rows.keys());
    this.#moreError.textContent = "";
    this.#more.setAttribute("aria-busy", "true");
    try {
      await this.#sessions.loadMore();
    } catch (error) {
      this.#moreError.textContent = errorText(error);
      return;
    } finally {
      this.#more.removeAttribute("aria-busy");
    }
    const held = this.#foot.contains(document.activeElement);
    this.#draw();
    // The button is further down now, or gone.
    if (held) [...this.#rows].find(([id]) => !known.has(id))?.[1].focus();
  }

  /**
   * @param {"loading" | "ready" | "failed" | null} kind
   * @param {unknown} error
   */
  #drawNotice(kind, error) {
    if (this.#notice.dataset.kind === String(kind)) return;
    this.#notice.dataset.kind = String(kind);
    const held = this.#notice.contains(document.activeElement);
    const again = () => el("button", { class: "button", type: "button", onclick: () => this.#sessions.refresh() }, t("tryAgain"));
    const title = (/** @type {string} */ text) => el("p", { class: "notice-title" }, text);
    if (kind === "loading") this.#notice.replaceChildren(skeleton());
    else if (kind === "ready") this.#notice.replaceChildren(title(t("noConversations")), el("p", {}, t("noConversationsLead")));
    else if (kind === "failed") this.#notice.replaceChildren(title(t("listFailed")), el("p", {}, errorText(error)), again());
    else this.#notice.replaceChildren();
    // The button that had the focus is gone.
    if (held) this.element.focus({ preventScroll: true });
  }
}

/** One session. */
class Row {
  // What is cut off is the end, in the text's own direction; that is the one of the element that cuts.
  #title = el("span", { class: "session-title", dir: "auto" });
  #time = el("time", { class: "session-time" });
  #author = el("span", { class: "session-author" });
  #preview = el("span", { class: "session-text", dir: "auto" });
  #badge = badge();
  /** @type {HTMLButtonElement} */ #button;

  /** @param {() => void} choose */
  constructor(choose) {
    this.#button = el(
      "button",
      { class: "session", type: "button", onclick: choose },
      this.#title,
      this.#time,
      el("span", { class: "session-preview" }, this.#author, this.#preview),
      this.#badge.element,
    );
    /** @readonly */
    this.element = el("li", {}, this.#button);
  }

  /** Puts the focus on it. */
  focus() {
    this.#button.focus();
  }

  /**
   * @param {SessionInfo} info
   * @param {{me: string | null, now: number, current: boolean}} scene
   */
  show({ title, last_message: last, created_at, unread = 0 }, { me, now, current }) {
    const time = new Date(last?.created_at ?? created_at);
    this.#title.textContent = title || t("untitled");
    this.#time.dateTime = time.toISOString();
    this.#time.textContent = ago(time, now);
    this.#author.textContent = last?.user_id === me && !last?.deleted_at ? `${t("previewOwn")} ` : "";
    this.#preview.textContent = preview(last);
    this.#badge.draw(unread);
    this.#button.classList.toggle("unread", unread > 0);
    if (current) this.#button.setAttribute("aria-current", "true");
    else this.#button.removeAttribute("aria-current");
  }
}

/** @param {import("../client/types.js").Message | null | undefined} last */
function preview(last) {
  if (!last) return t("noMessagesYet");
  return last.deleted_at ? t("previewDeleted") : last.content.slice(0, PREVIEW);
}

function skeleton() {
  const bars = [0, 1, 2].map(() => el("div", { class: "skeleton" }));
  return el("div", { role: "status" }, el("span", { class: "hidden" }, t("loadingConversations")), ...bars);
}
