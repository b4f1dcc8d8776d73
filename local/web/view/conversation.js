/**
 * One session: what stands above the messages while there is no connection, the messages, who types, and the composer.
 */
import { banner } from "./banner.js";
import { Composer } from "./composer.js";
import { el, oncePerFrame } from "./dom.js";
import { roleName } from "./format.js";
import { MessageList } from "./message-list.js";
import { Troubles } from "./troubles.js";
import { t } from "./words/index.js";

/** @typedef {import("../client/types.js").Message} Message */

/** Of so many messages at once the number is announced instead of the texts. */
const READ_OUT_AT_MOST = 3;

/** One session on one device. Event `drawn`: it shows the session's newest state. */
export class Conversation extends EventTarget {
  /** @type {import("../client/chat.js").Chat} */ #chat;
  /** @type {import("../client/session.js").Session} */ #session;
  /** @type {(text: string) => void} */ #announce;
  /** @type {MessageList} */ #list;
  /** @type {Composer} */ #composer;
  #troubles = new Troubles();
  #typing = el("p", { class: "typing", "aria-live": "off" });
  /** @type {AbortSignal} */ #signal;

  /**
   * @param {import("../client/chat.js").Chat} chat
   * @param {import("../client/session.js").Session} session
   * @param {object} options
   * @param {string} options.label Of the list of messages.
   * @param {string} options.author Of what is written here.
   * @param {(text: string) => void} options.announce
   * @param {AbortSignal} options.signal Aborted when it is not shown any more.
   */
  constructor(chat, session, { label, author, announce, signal }) {
    super();
    this.#signal = signal;
    this.#chat = chat;
    this.#session = session;
    this.#announce = announce;
    const sent = (/** @type {string} */ key) => {
      this.#troubles.expect(key);
      this.#list.toEnd();
    };
    this.#composer = new Composer(session, { label: t("messageFrom", { name: author }), sent });
    this.#list = new MessageList(session, {
      label,
      takeBack: (text) => this.#composer.put(text),
      edit: (entry) => this.#composer.edit(entry),
      clock: () => Date.now() + chat.socket.clockSkew,
      signal,
    });
    /** @readonly */
    this.element = el(
      "div",
      { class: "conversation" },
      banner(chat.socket, { leave: () => this.#list.focus(), signal }),
      this.#list.element,
      this.#typing,
      this.#composer.element,
    );
    const draw = oncePerFrame(() => this.#draw());
    session.addEventListener("change", draw, { signal });
    session.addEventListener("arrival", (event) => this.#arrived(/** @type {CustomEvent} */ (event).detail), { signal });
    // Not now: what is not in the document yet has no height, and no place to go to.
    draw();
  }

  /** Puts the cursor into the composer. */
  focus() {
    this.#composer.focus();
  }

  /** What is being written. */
  get draft() {
    return this.#composer.draft;
  }

  /** Goes on with what was being written; to be set once it is in the document. */
  set draft(draft) {
    this.#composer.draft = draft;
  }

  #draw() {
    if (this.#signal.aborted) return;
    const { entries, phase, error } = this.#session;
    this.#list.draw(entries);
    const news = this.#troubles.news(entries);
    if (news.length > 0) this.#announce(news.join("\n"));
    this.#composer.usable = phase !== "failed" || error?.retry === true;
    this.#typing.textContent = this.#typingText();
    this.dispatchEvent(new CustomEvent("drawn"));
  }

  #typingText() {
    const users = this.#session.typingUsers;
    if (users.length === 0) return "";
    if (users.length > 1) return t("typingMany");
    if (users[0] === this.#chat.userId) return t("typingSelf");
    return t("typingOne", { name: roleName(this.#session.roleOf(users[0]) ?? "") });
  }

  /** @param {Message[]} messages */
  #arrived(messages) {
    this.#list.arrived(messages.length);
    const text = (/** @type {Message} */ { role, content }) => t("messageAnnounced", { name: roleName(role), text: content });
    this.#announce(messages.length > READ_OUT_AT_MOST ? t("newMessages", { count: messages.length }) : messages.map(text).join("\n"));
  }
}
