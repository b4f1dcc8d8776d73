/**
 * One seat of the demonstration: its connection, its conversation, its frames.
 */
import { connectionBar } from "./connection.js";
import { Conversation } from "./conversation.js";
import { el } from "./dom.js";
import { inspector } from "./inspector.js";
import { t } from "./words/index.js";

/** @typedef {import("../demo.js").Seat} Seat */

/** One seat. Event `drawn`: the pane shows the session's newest state. */
export class Pane extends EventTarget {
  /**
   * @param {Seat} seat
   * @param {object} options
   * @param {(text: string) => void} options.announce
   * @param {AbortSignal} options.signal Aborted when it is not shown any more.
   */
  constructor(seat, { announce, signal }) {
    super();
    /** @readonly */
    this.seat = seat;
    const { id, name, who, chat, session } = seat;
    const title = `${id}-title`;
    const conversation = new Conversation(chat, session, { label: t("messagesOf", { title: name }), author: name, announce, signal });
    conversation.addEventListener("drawn", () => this.dispatchEvent(new CustomEvent("drawn")));
    /** @readonly */
    this.element = el(
      "section",
      { class: "pane", id: `seat-${id}`, "aria-labelledby": title },
      el(
        "header",
        { class: "pane-head" },
        el("div", { class: "pane-name" }, el("h2", { id: title }, name), el("p", {}, who)),
        connectionBar(chat.socket, { name, announce }),
      ),
      conversation.element,
      inspector(chat.socket, name),
    );
  }
}
