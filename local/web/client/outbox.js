/**
 * Messages that the server has not acknowledged. Each keeps the id that it was given first, its idempotency key, so it
 * can be sent again as often as needed and is stored once.
 *
 * One message is under way at a time: the gateway hands frames to the backend side by side, so two under way could
 * change places.
 */
import { backoff } from "./backoff.js";
import { ChatError, ClientCode } from "./errors.js";
import { uuidV7 } from "./ids.js";

/**
 * @typedef {object} Pending
 * @property {string} id The idempotency key.
 * @property {string} content
 * @property {Record<string, unknown>} [metadata]
 * @property {string} created_at When the user sent it, by this machine's clock.
 * @property {number} since When it was last asked to be sent, in Unix milliseconds.
 * @property {"waiting" | "sending" | "failed"} state
 * @property {ChatError} [error] Why it failed.
 * @property {ChatError} [refusal] What the server said last, while it is tried again.
 *
 * @typedef {object} Kept Where this session's messages survive a reload.
 * @property {() => Promise<Pending[]>} load Oldest first.
 * @property {(pending: Pending) => Promise<void>} put
 * @property {(id: string) => Promise<void>} remove
 */

/** A message that nobody acknowledged for so long is not sent any more until its author says so. In milliseconds. */
export const GIVE_UP_MS = 15_000;

/**
 * One that another page left is still fresh for so long beyond that, though nobody counted how long that page waited: what is
 * older must not leave behind its author's back. In milliseconds.
 */
const RELOAD_MS = 60_000;

/** A timer so late has been slept over; pages in the background are a second late, or a minute. In milliseconds. */
const SLEPT_MS = 5_000;

/** The unacknowledged messages of one session on one device. */
export class Outbox {
  /** @type {Pending[]} */ #pending = [];
  #restored = false;
  #open = false;
  #running = false;
  #closed = false;
  #failures = 0;
  /** @type {(() => void) | null} Ends the pause before the next try. */ #wake = null;
  /** @type {(pending: Pending) => Promise<import("./types.js").Ack>} */ #send;
  /** @type {(pending: Pending, ack: import("./types.js").Ack) => void} */ #acked;
  /** @type {() => void} */ #changed;
  /** @type {Kept | undefined} */ #kept;
  /** @type {number} */ #giveUpMs;
  /** @type {any} */ #giveUpTimer = null;

  /**
   * @param {object} options
   * @param {(pending: Pending) => Promise<any>} options.send Rejects with a `ChatError`.
   * @param {(pending: Pending, ack: import("./types.js").Ack) => void} options.acked Called when one has left the outbox.
   * @param {() => void} options.changed Called when `pending` looks different.
   * @param {Kept} [options.kept]
   * @param {number} [options.giveUpMs]
   */
  constructor({ send, acked, changed, kept, giveUpMs = GIVE_UP_MS }) {
    this.#send = send;
    this.#acked = acked;
    this.#changed = changed;
    this.#kept = kept;
    this.#giveUpMs = giveUpMs;
    if (kept) this.#restore(kept);
    else this.#restored = true;
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
    const now = new Date();
    /** @type {Pending} */
    const pending = { id, content, metadata, created_at: now.toISOString(), since: now.getTime(), state: "waiting" };
    this.#kept?.put(pending);
    this.#replace([...this.#pending, pending]);
    this.#run();
    return id;
  }

  /**
   * Sends a failed message again, under the same id: whatever became of the first try, it cannot be stored twice.
   *
   * @param {string} id
   */
  retry(id) {
    this.#update(id, { state: "waiting", error: undefined, refusal: undefined, since: Date.now() });
    this.#keep(id);
    this.#wake?.();
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
    if (found) {
      this.#kept?.remove(id);
      this.#replace(this.#pending.filter((one) => one !== found));
    }
    return found;
  }

  /**
   * The server has these, whatever became of their acks.
   *
   * @param {Set<string>} ids
   */
  stored(ids) {
    const stored = this.#pending.filter(({ id }) => ids.has(id));
    if (stored.length === 0) return;
    for (const { id } of stored) this.#kept?.remove(id);
    this.#replace(this.#pending.filter((one) => !stored.includes(one)));
  }

  /** Ends it. What is kept is its next owner's: written to any more, it could say "failed" of what has been sent since. */
  close() {
    this.hold();
    this.#closed = true;
    this.#kept = undefined;
    clearTimeout(this.#giveUpTimer);
  }

  /** The socket opened: go on sending. */
  resume() {
    this.#open = true;
    this.#wake?.();
    this.#run();
  }

  /** The socket is gone: wait. */
  hold() {
    this.#open = false;
    this.#wake?.();
  }

  /** What an earlier page left comes first. @param {Kept} kept */
  async #restore(kept) {
    const old = await kept.load().catch(() => []);
    const since = Date.now();
    /** @param {Pending} one @returns {Pending} */
    const again = (one) => {
      if (one.state === "failed") return one;
      if (since - one.since > this.#giveUpMs + RELOAD_MS) return { ...one, state: "failed", error: notSent() };
      return { ...one, state: "waiting", since };
    };
    const ids = new Set(this.#pending.map(({ id }) => id));
    this.#restored = true;
    this.#replace([...old.filter(({ id }) => !ids.has(id)).map(again), ...this.#pending]);
    this.#run();
  }

  async #run() {
    if (this.#running) return;
    this.#running = true;
    try {
      for (let next = this.#next(); next; next = this.#next()) await this.#attempt(next);
    } finally {
      this.#running = false;
    }
  }

  #next() {
    return this.#open && this.#restored ? this.#pending.find((one) => one.state === "waiting") : undefined;
  }

  /** @param {Pending} pending */
  async #attempt(pending) {
    this.#update(pending.id, { state: "sending" });
    try {
      const ack = await this.#send(pending);
      this.#failures = 0;
      this.#kept?.remove(pending.id);
      this.#pending = this.#pending.filter((one) => one.id !== pending.id);
      this.#acked(pending, ack);
      this.#replace(this.#pending);
    } catch (error) {
      if (!(error instanceof ChatError)) throw error;
      // Nobody waits for tomorrow's quota before a spinner.
      if (!error.retry || (error.retryAfterMs ?? 0) > this.#giveUpMs) return this.#fail(pending.id, error);
      this.#update(pending.id, { state: "waiting", refusal: error.ofServer ? error : undefined });
      await this.#pause(error.retryAfterMs);
    }
  }

  // ---- Giving up ----

  /** Looks again when the oldest message that waits has waited too long. */
  #watch() {
    clearTimeout(this.#giveUpTimer);
    if (this.#closed) return;
    const since = Math.min(...this.#pending.filter(({ state }) => state === "waiting").map(({ since }) => since));
    if (since === Infinity) return;
    const at = since + this.#giveUpMs;
    this.#giveUpTimer = setTimeout(() => this.#giveUp(at), Math.max(0, at - Date.now()) + 1);
  }

  /**
   * One that is under way is left to its answer, or to its time-out.
   *
   * @param {number} at When this should have been called. Much later means that the machine slept: nobody waited.
   */
  #giveUp(at) {
    const slept = Date.now() - at;
    if (slept > SLEPT_MS) this.#pending = this.#pending.map((one) => ({ ...one, since: one.since + slept }));
    const late = ({ state, since } = /** @type {Pending} */ ({})) => state === "waiting" && Date.now() - since >= this.#giveUpMs;
    for (const { id, refusal } of this.#pending.filter(late)) {
      this.#fail(id, refusal ?? notSent());
    }
    this.#watch();
  }

  /**
   * @param {string} id
   * @param {ChatError} error
   */
  #fail(id, error) {
    this.#update(id, { state: "failed", error, refusal: undefined });
    this.#keep(id);
  }

  /** @param {string} id */
  #keep(id) {
    const pending = this.#pending.find((one) => one.id === id);
    if (pending) this.#kept?.put(pending);
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
    this.#watch();
    this.#changed();
  }
}

function notSent() {
  return new ChatError(ClientCode.NOT_SENT, "The server could not be reached.", { retry: true });
}
