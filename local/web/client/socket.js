/**
 * A socket that stays: it fetches a ticket, opens, pings, comes back after a loss with backoff, and changes over to a
 * fresh link before the gateway's two hours end.
 *
 * Events (all `CustomEvent`):
 *  - `state`: `state`, `error` or `retryAt` changed.
 *  - `open`: a link opened; what happened meanwhile has to be caught up.
 *  - `frame`: `detail` is a frame that the server pushed.
 *  - `wire`: `detail` is `{direction, text, at}`, everything that passes.
 */
import { backoff } from "./backoff.js";
import { ChatError, ClientCode } from "./errors.js";
import { uuidV7 } from "./ids.js";
import { Link } from "./link.js";
import { onWake } from "./wake.js";

/** @typedef {import("./types.js").Frame} Frame */
/** @typedef {"offline" | "connecting" | "online" | "reconnecting"} SocketState */

/** How often to ping unless the ticket says otherwise: it beats the server's 60 s and the gateway's 10 idle minutes. */
const PING_SECONDS = 54;

/** A request without an answer for so long is given up, in milliseconds. */
const REQUEST_TIMEOUT_MS = 10_000;

/** A link that lived so long counts as a success; one that fell sooner raises the backoff. In milliseconds. */
const STABLE_MS = 10_000;

/** One device's connection to the server. */
export class Socket extends EventTarget {
  /** @type {SocketState} */ #state = "offline";
  /** @type {ChatError | null} */ #error = null;
  /** @type {number | null} */ #retryAt = null;
  /** @type {Link | null} The link in use. */ #link = null;
  /** @type {Link | null} The link that is opening. */ #opening = null;
  /** Counts dials; an older dial that finishes late sees that it is not wanted any more. */
  #dial = 0;
  #failures = 0;
  /** @type {any} */ #retryTimer = null;
  /** @type {any} */ #pingTimer = null;
  #pingSeconds = PING_SECONDS;
  /** @type {any} */ #handoverTimer = null;
  /** What the last `bye` asked for, in milliseconds. */ #byeMs = 0;
  #clockSkew = 0;
  /** @type {(() => void) | null} */ #sleepless = null;
  /** @type {() => Promise<import("./types.js").Ticket>} */ #ticket;
  /** @type {() => Record<string, number | string>} */ #cursors;

  /**
   * @param {object} options
   * @param {() => Promise<import("./types.js").Ticket>} options.ticket Fetches a fresh ticket.
   * @param {() => Record<string, number | string>} options.cursors What every ping tells the server.
   */
  constructor({ ticket, cursors }) {
    super();
    this.#ticket = ticket;
    this.#cursors = cursors;
  }

  /** What the connection is like now. */
  get state() {
    return this.#state;
  }

  /** Why it is not online, if there is a reason to tell. */
  get error() {
    return this.#error;
  }

  /** When the next attempt begins, in Unix milliseconds; null unless one is scheduled. */
  get retryAt() {
    return this.#retryAt;
  }

  /** By how much the server's clock is ahead of this machine's, in milliseconds; 0 until it is known. */
  get clockSkew() {
    return this.#clockSkew;
  }

  /** Connects, and stays connected until `stop`. */
  start() {
    if (this.#state !== "offline") return;
    this.#failures = 0;
    this.#sleepless ??= onWake(() => this.check());
    this.#become("connecting", null);
    this.#connect();
  }

  /** Disconnects, and stays so until `start`. */
  stop() {
    this.#halt(null);
  }

  /** The machine woke up, or the network came back: find out now rather than at the next timer. */
  check() {
    if (this.#retryTimer !== null) this.#connect();
    else this.#link?.ping(this.#cursors());
  }

  /**
   * Sends a frame that has no answer. It is dropped when the socket is not open.
   *
   * @param {Frame} frame
   */
  send(frame) {
    this.#link?.send(frame);
  }

  /**
   * Sends a frame and waits for its answer.
   *
   * @param {Frame} frame Gets an id unless it brings one.
   * @returns {Promise<Frame>}
   */
  async request(frame) {
    if (!this.#link) throw new ChatError(ClientCode.OFFLINE, "You are offline.", { retry: true });
    return this.#link.request({ ...frame, id: frame.id ?? uuidV7() }, REQUEST_TIMEOUT_MS);
  }

  // ---- Opening ----

  async #connect() {
    this.#rest();
    const dial = ++this.#dial;
    // Forgotten first: its end is no failure.
    const earlier = this.#opening;
    this.#opening = null;
    earlier?.end();
    try {
      const { url, ticket, ping_period: pingSeconds = PING_SECONDS } = await this.#ticket();
      if (dial !== this.#dial) return;
      this.#pingSeconds = pingSeconds;
      const address = new URL(url);
      address.searchParams.set("ticket", ticket);
      this.#opening = new Link(address.href, {
        opened: (link) => this.#adopt(link),
        frame: (link, frame) => this.#receive(link, frame),
        ended: (link) => this.#ended(link),
        clock: (serverTime, at) => (this.#clockSkew = serverTime - at),
        wire: (direction, text) => this.#emit("wire", { direction, text, at: Date.now() }),
      });
    } catch (error) {
      if (dial === this.#dial) this.#failed(error);
    }
  }

  /** @param {Link} link */
  #adopt(link) {
    // Given up meanwhile.
    if (link !== this.#opening) return link.end();
    this.#rest();
    const previous = this.#link;
    this.#link = link;
    this.#opening = null;
    // Make before break: the old link still brings the answers that it owes.
    previous?.retire();
    clearInterval(this.#pingTimer);
    this.#pingTimer = setInterval(() => link.ping(this.#cursors()), this.#pingSeconds * 1000);
    this.#byeMs = 0;
    this.#become("online", null);
    this.#emit("open");
    // For the clock; who is behind is what the sync after an opening finds.
    link.ping({});
  }

  /** No other try is needed: neither the next one, nor a handover from the link that was. */
  #rest() {
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#handoverTimer);
    this.#retryTimer = null;
  }

  // ---- Failing ----

  /** @param {Link} link */
  #ended(link) {
    if (link === this.#opening) {
      this.#opening = null;
      this.#failed(null);
    } else if (link === this.#link) {
      this.#link = null;
      clearInterval(this.#pingTimer);
      clearTimeout(this.#handoverTimer);
      if (Date.now() - (link.openedAt ?? 0) >= STABLE_MS) this.#failures = 0;
      this.#failed(null);
    }
  }

  /** @param {unknown} cause What the ticket request threw; null when a link ended, about which browsers tell nothing. */
  #failed(cause) {
    const error = cause instanceof ChatError || cause === null ? cause : unexpected(cause);
    if (error && !error.retry) return this.#halt(error);
    this.#failures += 1;
    const wait = backoff(this.#failures, { atLeastMs: Math.max(error?.retryAfterMs ?? 0, this.#byeMs) });
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => this.#connect(), wait);
    // A handover that failed has not cost the link in use.
    if (!this.#link) this.#become("reconnecting", error, Date.now() + wait);
  }

  /** @param {ChatError | null} error */
  #halt(error) {
    this.#dial += 1;
    this.#sleepless?.();
    this.#sleepless = null;
    this.#rest();
    clearInterval(this.#pingTimer);
    const links = [this.#link, this.#opening];
    this.#link = this.#opening = null;
    for (const link of links) link?.end();
    this.#become("offline", error);
  }

  // ---- Receiving ----

  /**
   * @param {Link} link
   * @param {Frame} frame
   */
  #receive(link, frame) {
    if (frame.type === "bye") this.#bye(link, frame);
    else if (frame.type === "goaway") this.#goaway(link, frame);
    else this.#emit("frame", frame);
  }

  /**
   * @param {Link} link
   * @param {Frame} frame
   */
  #bye(link, frame) {
    if (link !== this.#link) return;
    this.#byeMs = Number(frame.retry_after_ms) || 0;
    if (frame.retry !== false) return;
    this.#halt(new ChatError(frame.code, frame.message ?? `The server closed the connection (${frame.code}).`));
  }

  /**
   * Changes over at a random moment of the first half of the time left, so that not everybody does so at once.
   *
   * @param {Link} link
   * @param {Frame} frame
   */
  #goaway(link, frame) {
    if (link !== this.#link) return;
    clearTimeout(this.#handoverTimer);
    this.#handoverTimer = setTimeout(() => this.#connect(), (Math.random() * (Number(frame.in_ms) || 0)) / 2);
  }

  /**
   * @param {SocketState} state
   * @param {ChatError | null} error
   * @param {number | null} [retryAt]
   */
  #become(state, error, retryAt = null) {
    this.#state = state;
    this.#error = error;
    this.#retryAt = retryAt;
    this.#emit("state");
  }

  /**
   * @param {string} name
   * @param {unknown} [detail]
   */
  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/** @param {unknown} cause */
function unexpected(cause) {
  return new ChatError(ClientCode.BAD_ANSWER, `The connection failed: ${cause instanceof Error ? cause.message : cause}`, { retry: true });
}
