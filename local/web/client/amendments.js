/**
 * Edits and deletes under way. They are shown at once, and taken back when the server says no.
 *
 * Each names the revision that its author saw. If somebody else was quicker, the server answers `conflict` with the message
 * as it is now, and the author chooses.
 */
import { backoff } from "./backoff.js";
import { ChatError, ClientCode } from "./errors.js";
import { uuidV7 } from "./ids.js";

/** @typedef {import("./types.js").Message} Message */

/**
 * @typedef {object} Amendment
 * @property {string} id The request's, the same at every try.
 * @property {"edit" | "delete"} type
 * @property {number} rev The revision that it replaces.
 * @property {string} content Of an edit.
 * @property {"saving" | "failed" | "conflict"} state
 * @property {number} since When it was asked for, in Unix milliseconds.
 * @property {ChatError} [error] Why it failed.
 */

/** The edits and deletes of one session on one device, one a message. */
export class Amendments {
  /** @type {Map<string, Amendment>} By message id. */ #byMessage = new Map();
  #open = false;
  /** @type {(frame: import("./types.js").Frame) => Promise<any>} */ #request;
  /** @type {(ack: any, amendment: Amendment) => void} */ #acked;
  /** @type {(current: Message) => void} */ #conflicted;
  /** @type {() => void} */ #changed;
  /** @type {number} */ #giveUpMs;
  /** @type {any} */ #giveUpTimer = null;

  /**
   * @param {object} options
   * @param {(frame: import("./types.js").Frame) => Promise<any>} options.request Rejects with a `ChatError`.
   * @param {(ack: any, amendment: Amendment) => void} options.acked
   * @param {(current: Message) => void} options.conflicted Gets the message as it is now.
   * @param {() => void} options.changed
   * @param {number} options.giveUpMs
   */
  constructor({ request, acked, conflicted, changed, giveUpMs }) {
    this.#request = request;
    this.#acked = acked;
    this.#conflicted = conflicted;
    this.#changed = changed;
    this.#giveUpMs = giveUpMs;
  }

  /** What is under way for a message. @param {string} messageId */
  of(messageId) {
    return this.#byMessage.get(messageId);
  }

  /**
   * Asks for an edit or a delete, in place of an earlier one that was not carried out.
   *
   * @param {Message} message As its author sees it.
   * @param {"edit" | "delete"} type
   * @param {string} [content]
   */
  ask(message, type, content = "") {
    /** @type {Amendment} */
    const amendment = { id: uuidV7(), type, rev: message.rev, content, state: "saving", since: Date.now() };
    this.#byMessage.set(message.id, amendment);
    this.#changed();
    if (this.#open) this.#attempt(message.id, amendment, 0);
    else this.#giveUp();
  }

  /** Forgets one that failed: the message is as the server has it. @param {string} messageId */
  drop(messageId) {
    if (this.#byMessage.delete(messageId)) this.#changed();
  }

  /** The socket opened: go on. */
  resume() {
    this.#open = true;
    // The timer of a machine that slept has not rung.
    this.#giveUp();
    for (const [id, amendment] of this.#byMessage) {
      if (amendment.state === "saving") this.#attempt(id, amendment, 0);
    }
  }

  /** The socket is gone: wait, but not for ever. */
  hold() {
    this.#open = false;
    this.#giveUp();
  }

  /** Nobody waits for them any more. */
  close() {
    this.#open = false;
    this.#byMessage.clear();
    clearTimeout(this.#giveUpTimer);
  }

  /** Gives up what has waited too long, and while there is no socket, looks again when the next one has. */
  #giveUp() {
    clearTimeout(this.#giveUpTimer);
    const saving = [...this.#byMessage.values()].filter(({ state }) => state === "saving");
    for (const amendment of saving) if (this.#late(amendment)) this.#fail(amendment, lost());
    const since = Math.min(...saving.filter((amendment) => !this.#late(amendment)).map(({ since }) => since));
    if (this.#open || since === Infinity) return;
    this.#giveUpTimer = setTimeout(() => this.#giveUp(), since + this.#giveUpMs - Date.now() + 1);
  }

  /**
   * @param {string} messageId
   * @param {Amendment} amendment
   * @param {number} failures
   */
  async #attempt(messageId, amendment, failures) {
    if (!this.#open || this.#byMessage.get(messageId) !== amendment) return;
    const { id, type, rev, content } = amendment;
    try {
      const frame = { type, id, message_id: messageId, rev, ...(type === "edit" && { content }) };
      const ack = await this.#request(frame);
      if (ack.message) this.#acked(ack, amendment);
      if (this.#byMessage.get(messageId) === amendment) this.drop(messageId);
    } catch (error) {
      if (!(error instanceof ChatError)) throw error;
      if (error.retry && !this.#late(amendment) && (error.retryAfterMs ?? 0) <= this.#giveUpMs) {
        if (error.code === ClientCode.OFFLINE) return;
        setTimeout(() => this.#attempt(messageId, amendment, failures + 1), backoff(failures + 1, { atLeastMs: error.retryAfterMs }));
      } else if (error.code === "conflict" && error.current) this.#conflict(messageId, amendment, error);
      else this.#fail(amendment, error);
    }
  }

  /**
   * @param {string} messageId
   * @param {Amendment} amendment
   * @param {ChatError} error
   */
  #conflict(messageId, amendment, error) {
    const current = /** @type {Message} */ (error.current);
    // Both wanted it gone: nothing is left to choose.
    if (current.deleted_at && amendment.type === "delete") this.#byMessage.delete(messageId);
    else Object.assign(amendment, { state: "conflict", error });
    this.#conflicted(current);
  }

  /**
   * @param {Amendment} amendment
   * @param {ChatError} error
   */
  #fail(amendment, error) {
    Object.assign(amendment, { state: "failed", error });
    this.#changed();
  }

  /** @param {Amendment} amendment */
  #late({ since }) {
    return Date.now() - since >= this.#giveUpMs;
  }
}

function lost() {
  return new ChatError(ClientCode.OFFLINE, "You are offline.", { retry: true });
}
