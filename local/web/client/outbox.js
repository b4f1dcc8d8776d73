/**
 * Messages that the server has not acknowledged. Each keeps the id that it was given first, its idempotency key, so it
 * can be sent again as often as needed and is stored once.
 *
 * One message is under way at a time: the gateway hands frames to the backend side by side, so two under way could
 * change places.
 */
import { backoff } from "./backoff.js";
import { ChatError } from "./errors.js";
import { uuidV7 } from "./ids.js";

/**
 * @typedef {object} Pending
 * @property {string} id The idempotency key.
 * @property {string} content
 * @property {Record<string, unknown>} [metadata]
 * @property {string} created_at When the user sent it, by this machine's clock.
 * @property {"waiting" | "sending" | "failed"} state
 * @property {ChatError} [error] Why it failed.
 *
 * @typedef {object} OutboxStore Keeps unsent messages over a reload.
 * @property {() => Pending[]} read
 * @property {(pending: Pending[]) => void} write
 */

/** The unacknowledged messages of one session on one device. */
export class Outbox {
  /** @type {Pending[]} */ #pending;
  #open = false;
  #running = false;
  #failures = 0;
  /** @type {Promise<void>} */ #attempting = Promise.resolve();
  /** @type {(() => void) | null} Ends the pause before the next try. */ #wake = null;
  /** @type {(pending: Pending) => Promise<import("./types.js").Ack>} */ #send;
  /** @type {(pending: Pending, ack: import("./types.js").Ack) => void} */ #acked;
  /** @type {() => void} */ #changed;
  /** @type {OutboxStore | undefined} */ #store;

  /**
   * @param {object} options
   * @param {(pending: Pending) => Promise<any>} options.send Rejects with a `ChatError`.
   * @param {(pending: Pending, ack: import("./types.js").Ack) => void} options.acked Called when one has left the outbox.
   * @param {() => void} options.changed Called when `pending` looks different.
   * @param {OutboxStore} [options.store]
   */
  constructor({ send, acked, changed, store }) {
    this.#send = send;
    this.#acked = acked;
    this.#changed = changed;
    this.#store = store;
    this.#pending = (store?.read() ?? []).map((one) => ({ ...one, state: "waiting", error: undefined }));
  }

  /** Oldest first. Do not change the array. */
  get pending() {
    return this.#pending;
  }

  /**
   * Adds a message and sends it as soon as possible.
   *
   * @param {string} content
   * @param {Record<string, unknown>} [metadata]
   * @returns {string} Its id.
   */
  add(content, metadata) {
    const id = uuidV7();
    const created_at = new Date().toISOString();
    this.#replace([...this.#pending, { id, content, metadata, created_at, state: "waiting" }]);
    this.#run();
    return id;
  }

  /**
   * Sends a failed message again, under the same id: whatever became of the first try, it cannot be stored twice.
   *
   * @param {string} id
   */
  retry(id) {
    this.#update(id, { state: "waiting", error: undefined });
    this.#run();
  }

  /**
   * Takes a failed message out.
   *
   * @param {string} id
   * @returns {Pending | undefined}
   */
  discard(id) {
    const found = this.#pending.find((one) => one.id === id && one.state === "failed");
    if (found) this.#replace(this.#pending.filter((one) => one !== found));
    return found;
  }

  /**
   * The socket opened: go on sending.
   *
   * @returns {Promise<void>} Ends when the one message whose ack may have been lost has been answered.
   */
  async resume() {
    this.#open = true;
    this.#wake?.();
    this.#run();
    await this.#attempting;
  }

  /** The socket is gone: wait. */
  hold() {
    this.#open = false;
    this.#wake?.();
  }

  async #run() {
    if (this.#running) return;
    this.#running = true;
    try {
      for (let next = this.#next(); next; next = this.#next()) await (this.#attempting = this.#attempt(next));
    } finally {
      this.#running = false;
    }
  }

  #next() {
    return this.#open ? this.#pending.find((one) => one.state === "waiting") : undefined;
  }

  /** @param {Pending} pending */
  async #attempt(pending) {
    this.#update(pending.id, { state: "sending" });
    try {
      const ack = await this.#send(pending);
      this.#failures = 0;
      this.#pending = this.#pending.filter((one) => one.id !== pending.id);
      this.#acked(pending, ack);
      this.#replace(this.#pending);
    } catch (error) {
      if (!(error instanceof ChatError)) throw error;
      this.#update(pending.id, error.retry ? { state: "waiting" } : { state: "failed", error });
      if (error.retry) await this.#pause(error.retryAfterMs);
    }
  }

  /** @param {number} [atLeastMs] */
  async #pause(atLeastMs) {
    if (!this.#open) return;
    this.#failures += 1;
    const wait = backoff(this.#failures, { atLeastMs });
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, wait);
      this.#wake = () => {
        clearTimeout(timer);
        resolve(undefined);
      };
    });
    this.#wake = null;
  }

  /**
   * @param {string} id
   * @param {Partial<Pending>} fields
   */
  #update(id, fields) {
    this.#replace(this.#pending.map((one) => (one.id === id ? { ...one, ...fields } : one)));
  }

  /** @param {Pending[]} pending */
  #replace(pending) {
    this.#pending = pending;
    this.#store?.write(pending);
    this.#changed();
  }
}
