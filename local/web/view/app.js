/**
 * The chat page: the sessions on one side, the one that is open on the other; on a narrow screen one of them.
 */
import { sessionKey } from "../gatepost.js";
import { announcer } from "./announcer.js";
import { connectionWord } from "./connection.js";
import { Conversation } from "./conversation.js";
import { ask, field } from "./dialog.js";
import { el } from "./dom.js";
import { menu } from "./menu.js";
import { sessionHead } from "./session-head.js";
import { Sessions } from "./sessions.js";
import { t } from "./words/index.js";

/** @typedef {Awaited<ReturnType<typeof import("../gatepost.js").gatepost>>} Me */

/** What comes after this in the address is the session that is open. */
const PREFIX = "#/s/";

const SEAT = "app";

/**
 * What was being written in the sessions that are not shown, by user and session. A page in another language goes on with it.
 *
 * @type {Map<string, import("./composer.js").Draft>}
 */
const drafts = new Map();

/** The page of somebody who is signed in. */
export class App {
  /** @type {Me} */ #me;
  #live = announcer();
  #main = el("main", { class: "app-main" });
  /** @type {Sessions} */ #sessions;
  /** Ends what listens for the session that is shown. */
  #leaving = new AbortController();
  /** @type {string | null} The key of the session that is shown. */ #shown = null;
  #listeners = new AbortController();

  /**
   * @param {Me} me
   * @param {{items: () => import("./menu.js").Item[]}} options `items` are those of the menu.
   */
  constructor(me, { items }) {
    this.#me = me;
    this.#live.listenTo(SEAT);
    this.#sessions = new Sessions(me.sessions, me.chat, { choose: (id) => this.open(id) });
    const lines = el("span", { class: "lines", "aria-hidden": "true" });
    const head = el(
      "header",
      { class: "side-head" },
      el("img", { src: "icon.svg", alt: "", width: 32, height: 32 }),
      el("div", { class: "side-title" }, el("h1", {}, "Gatepost"), connectionWord(me.chat.socket)),
      menu({ label: t("menu"), face: [lines], items }),
    );
    const create = el("button", { class: "button primary small create", type: "button", onclick: () => this.create() }, t("newConversation"));
    const side = el("div", { class: "side" }, head, this.#sessions.element, el("div", { class: "side-foot" }, create));
    /** @readonly */
    this.element = el("div", { class: "app" }, side, this.#main, this.#live.element);
    const { signal } = this.#listeners;
    window.addEventListener("hashchange", () => this.#follow(), { signal });
    me.sessions.addEventListener("change", () => this.#follow(), { signal });
    me.sessions.addEventListener("change", () => this.#drawTitle(), { signal });
    this.#follow();
    this.#showNothing();
  }

  /** Opens a session. @param {string} sessionId */
  open(sessionId) {
    const hash = PREFIX + sessionKey(sessionId);
    if (location.hash === hash) this.#follow();
    else location.hash = hash;
  }

  /** Asks for a title, and opens a new session. */
  create() {
    const content = [field(t("conversationTitle"), { name: "title", maxLength: 200, dir: "auto" })];
    const act = async (/** @type {FormData} */ form) => {
      const info = await this.#me.api.openSession({ title: String(form.get("title")).trim() });
      this.#me.sessions.put(info);
      this.open(info.session_id);
    };
    return ask({ title: t("newConversation"), content, ok: t("create"), act });
  }

  /** How much is unread, for a tab that is in the background. */
  #drawTitle() {
    const unread = this.#me.sessions.items.reduce((sum, { unread = 0 }) => sum + unread, 0);
    document.title = unread > 0 ? `(${unread}) Gatepost` : "Gatepost";
  }

  /** It is not shown any more. */
  close() {
    document.title = "Gatepost";
    this.#listeners.abort();
    this.#sessions.close();
    this.#close();
  }

  /** Shows what the address says, once the list knows it. */
  #follow() {
    const key = location.hash.startsWith(PREFIX) ? location.hash.slice(PREFIX.length) : null;
    if (key === this.#shown) return;
    const info = key === null ? null : this.#me.sessions.find(key);
    if (key === null) this.#showNothing();
    else if (info) this.#show(info.session_id);
  }

  #showNothing() {
    if (this.#shown === null && this.#main.hasChildNodes()) return;
    const left = this.#shown;
    this.#close();
    this.element.classList.remove("open");
    this.#main.replaceChildren(el("div", { class: "notice" }, el("p", {}, t("chooseConversation"))));
    // What had the focus is gone with the conversation.
    if (left !== null) this.#sessions.focus(left);
  }

  /** @param {string} sessionId */
  #show(sessionId) {
    this.#close();
    this.#leaving = new AbortController();
    const { signal } = this.#leaving;
    const { chat, sessions, api } = this.#me;
    const session = chat.open(sessionId);
    this.#shown = sessionKey(sessionId);
    this.#sessions.current = this.#shown;
    const leave = () => (location.hash = "#/");
    const head = sessionHead({ session, sessions, api, leave, signal });
    const title = session.info?.title || sessions.find(sessionId)?.title || t("untitled");
    const announce = (/** @type {string} */ text) => this.#live.say(SEAT, text);
    const conversation = new Conversation(chat, session, { label: t("messagesOf", { title }), author: t("you"), announce, signal });
    this.#main.replaceChildren(head, conversation.element);
    this.element.classList.add("open");
    this.#goOn(conversation, `${api.userId} ${session.key}`);
    // On a touch screen this would bring up a keyboard that nobody asked for.
    if (!matchMedia("(pointer: coarse)").matches) conversation.focus();
  }

  /**
   * Goes on with what was being written, and keeps it when the session is left.
   *
   * @param {Conversation} conversation
   * @param {string} name Of the draft.
   */
  #goOn(conversation, name) {
    conversation.draft = drafts.get(name) ?? { text: "", editing: null };
    this.#leaving.signal.addEventListener("abort", () => drafts.set(name, conversation.draft));
  }

  #close() {
    this.#leaving.abort();
    this.#shown = null;
    this.#sessions.current = null;
  }
}
