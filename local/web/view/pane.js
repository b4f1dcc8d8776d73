/**
 * One seat: its connection, its messages, its composer, its frames.
 */
import { Composer } from "./composer.js";
import { connectionBar } from "./connection.js";
import { el, oncePerFrame } from "./dom.js";
import { roleName } from "./format.js";
import { inspector } from "./inspector.js";
import { MessageList } from "./message-list.js";

/** @typedef {import("../demo.js").Seat} Seat */
/** @typedef {import("../client/types.js").Message} Message */

/** Of so many messages at once the number is announced instead of the texts. */
const READ_OUT_AT_MOST = 3;

/** One seat. Event `drawn`: the pane shows the session's newest state. */
export class Pane extends EventTarget {
  #seen = true;
  /** @type {(text: string) => void} */ #announce;
  /** @type {MessageList} */ #list;
  /** @type {Composer} */ #composer;
  #typing = el("p", { class: "typing", "aria-live": "off" });

  /**
   * @param {Seat} seat
   * @param {{startOver: (note: string) => void, announce: (text: string) => void}} actions
   */
  constructor(seat, { startOver, announce }) {
    super();
    /** @readonly */
    this.seat = seat;
    this.#announce = announce;
    const { session } = seat;
    this.#composer = new Composer(session, { label: `Message from ${seat.name}`, sent: () => this.#list.toEnd() });
    this.#list = new MessageList(session, {
      label: `Messages on ${seat.name}`,
      takeBack: (text) => this.#composer.put(text),
      startOver,
      moved: () => this.#markRead(),
    });
    /** @readonly */
    this.element = this.#build();
    const draw = oncePerFrame(() => this.#draw());
    session.addEventListener("change", draw);
    session.addEventListener("arrival", (event) => this.#arrived(/** @type {CustomEvent} */ (event).detail));
    document.addEventListener("visibilitychange", draw);
    this.#draw();
  }

  /** Whether the pane is on the screen. @param {boolean} seen */
  set seen(seen) {
    this.#seen = seen;
    this.#markRead();
  }

  #build() {
    const { id, name, who, chat } = this.seat;
    const title = `${id}-title`;
    return el(
      "section",
      { class: "pane", "aria-labelledby": title },
      el(
        "header",
        { class: "pane-head" },
        el("div", { class: "pane-name" }, el("h2", { id: title }, name), el("p", {}, who)),
        connectionBar(chat.socket, { name, announce: this.#announce }),
      ),
      this.#list.element,
      this.#typing,
      this.#composer.element,
      inspector(chat.socket, name),
    );
  }

  #draw() {
    const { phase, error } = this.seat.session;
    this.#list.draw();
    this.#composer.usable = phase !== "failed" || error?.retry === true;
    this.#typing.textContent = this.#typingText();
    this.#markRead();
    this.dispatchEvent(new CustomEvent("drawn"));
  }

  #typingText() {
    const { session, chat } = this.seat;
    const users = session.typingUsers;
    if (users.length === 0) return "";
    if (users.length > 1) return "Several people are typing…";
    if (users[0] === chat.userId) return "You are typing on another device…";
    return `${roleName(session.roleOf(users[0]) ?? "")} is typing…`;
  }

  /** Read is what stands at the lower end of a pane that somebody can see. */
  #markRead() {
    if (!this.#seen || document.visibilityState !== "visible" || !this.#list.atBottom) return;
    const newest = this.seat.session.entries.findLast(({ seq }) => seq !== null);
    if (newest?.seq) this.seat.session.read(newest.seq);
  }

  /** @param {Message[]} messages */
  #arrived(messages) {
    this.#list.arrived(messages.length);
    this.#announce(
      messages.length > READ_OUT_AT_MOST
        ? `${messages.length} new messages`
        : messages.map(({ role, content }) => `${roleName(role)}: ${content}`).join("\n"),
    );
  }
}
