/**
 * One device of one user: its socket, and the sessions that are open on it.
 *
 * Events: `session-changed`, whose `detail` is an open session; and `elsewhere`, whose `detail` is a frame about a session that
 * is not open here. `SessionList` lives on both. Connection events are those of `socket`.
 */
import { backoff } from "./backoff.js";
import { ChatError, ClientCode, ignoreChatError } from "./errors.js";
import { memoryOutbox } from "./outbox-store.js";
import { sessionKey } from "./ids.js";
import { Session } from "./session.js";
import { Socket } from "./socket.js";
import { catchUp } from "./sync.js";

/** The server reads so many cursors of a ping. */
const MOST_CURSORS = 100;

/** What concerns the list of sessions also where the session is open. */
const HINTS = new Set(["session_updated", "session_deleted", "member_joined", "member_left"]);

/** One device of one user. */
export class Chat extends EventTarget {
  /** @type {Map<string, Session>} By `sessionKey`. */ #sessions = new Map();
  /** @type {Set<Session>} */ #behind = new Set();
  #syncing = false;
  /** @type {import("./api.js").Api} */ #api;
  /** @type {string | null} Whose this is, from `start` on. */ #user = null;
  /** @type {import("./outbox-store.js").OutboxStore} */ #outbox;
  /** @type {number | undefined} */ #giveUpMs;
  /** @type {() => Record<string, number | string>} */ #moreCursors = () => ({});

  /**
   * @param {object} options
   * @param {import("./api.js").Api} options.api
   * @param {string} options.deviceId Chosen by the application; the same after every reload.
   * @param {import("./outbox-store.js").OutboxStore} [options.outbox] Where unsent messages survive a reload; without it they
   *   do not.
   * @param {number} [options.giveUpMs] How long a message may wait for its ack before its author is asked, in milliseconds.
   */
  constructor({ api, deviceId, outbox = memoryOutbox(), giveUpMs }) {
    super();
    this.#api = api;
    this.#outbox = outbox;
    this.#giveUpMs = giveUpMs;
    /** @readonly The connection: state, start, stop, and what passes on it. */
    this.socket = new Socket({ ticket: () => this.#ticket(deviceId), cursors: () => this.#cursors() });
    this.socket.addEventListener("open", () => this.#opened());
    this.socket.addEventListener("state", () => this.#stateChanged());
    this.socket.addEventListener("frame", (event) => this.#receive(/** @type {CustomEvent} */ (event).detail));
  }

  /** The user's id. */
  get userId() {
    return this.#api.userId;
  }

  /** The REST half. */
  get api() {
    return this.#api;
  }

  /** The sessions that are open here. */
  get sessions() {
    return [...this.#sessions.values()];
  }

  /** Connects, and stays connected until `stop`. */
  start() {
    this.#user ??= this.userId;
    this.socket.start();
  }

  /** Disconnects. */
  stop() {
    this.socket.stop();
  }

  /** Ends it and its sessions for good: another chat may go on with what was not sent. */
  close() {
    this.stop();
    for (const session of this.#sessions.values()) session.close();
  }

  /** An open session, if it is that. @param {string} sessionId */
  find(sessionId) {
    return this.#sessions.get(sessionKey(sessionId));
  }

  /** Lets a ping watch other sessions as well. @param {() => Record<string, number | string>} cursors */
  watch(cursors) {
    this.#moreCursors = cursors;
  }

  /**
   * Opens a session on this device and loads its newest messages; one that failed is loaded anew.
   *
   * @param {string} sessionId
   * @returns {Session}
   */
  open(sessionId) {
    const known = this.#sessions.get(sessionKey(sessionId));
    if (known?.phase === "failed") known.load();
    if (known) return known;
    const session = new Session({
      id: sessionId,
      api: this.#api,
      socket: this.socket,
      behind: (session) => this.#sync(session),
      outbox: this.#outbox,
      giveUpMs: this.#giveUpMs,
    });
    this.#sessions.set(session.key, session);
    session.addEventListener("change", () => this.dispatchEvent(new CustomEvent("session-changed", { detail: session })));
    session.load();
    if (this.socket.state === "online") session.resume();
    return session;
  }

  /**
   * Tokens are shared by all windows. What was written and is shown here is one user's, so nobody else takes the seat.
   *
   * @param {string} deviceId
   */
  async #ticket(deviceId) {
    if (this.userId !== this.#user) throw new ChatError(ClientCode.SIGNED_OUT, "Somebody else is signed in.");
    return this.#api.ticket(deviceId);
  }

  #cursors() {
    const loaded = this.sessions.filter((session) => session.cursor !== null);
    const own = loaded.map((session) => [session.id, session.cursorName ?? 0]);
    const others = Object.entries(this.#moreCursors()).filter(([id]) => !this.find(id));
    return Object.fromEntries([...own, ...others].slice(0, MOST_CURSORS));
  }

  #stateChanged() {
    if (this.socket.state === "online") return;
    for (const session of this.#sessions.values()) session.hold();
  }

  #opened() {
    for (const session of this.#sessions.values()) this.#resume(session);
  }

  /** @param {Session} session */
  #resume(session) {
    if (session.phase === "failed") session.load();
    session.resume();
    if (session.phase !== "ready") return;
    this.#sync(session);
    // Read marks are an ornament: if they cannot be had now, the next connection brings them.
    session.refreshMembers().catch(ignoreChatError);
  }

  /** @param {import("./types.js").Frame} frame */
  #receive(frame) {
    if (frame.type === "pong") {
      for (const id of frame.behind ?? []) {
        const session = this.find(id);
        if (session) this.#sync(session);
        else this.#elsewhere({ type: "behind", session_id: id });
      }
      return;
    }
    const id = frame.session_id ?? frame.message?.session_id;
    if (typeof id !== "string") return;
    this.find(id)?.receive(frame);
    if (!this.find(id) || HINTS.has(frame.type ?? "")) this.#elsewhere(frame);
  }

  /** @param {import("./types.js").Frame} frame */
  #elsewhere(frame) {
    this.dispatchEvent(new CustomEvent("elsewhere", { detail: frame }));
  }

  /** @param {Session} session */
  async #sync(session) {
    this.#behind.add(session);
    if (this.#syncing) return;
    this.#syncing = true;
    try {
      // An opening names all sessions one after another; they go into one frame.
      await null;
      for (let failures = 0; this.#behind.size > 0 && this.socket.state === "online"; ) {
        failures = (await this.#syncOnce()) ? 0 : failures + 1;
        if (failures > 0) await sleep(backoff(failures));
      }
    } finally {
      this.#syncing = false;
    }
  }

  /** @returns {Promise<boolean>} Whether everybody who was behind has been served. */
  async #syncOnce() {
    const batch = [...this.#behind].filter((session) => session.cursor !== null);
    this.#behind.clear();
    if (batch.length === 0) return true;
    try {
      await catchUp(this.socket, this.#api, batch);
      return true;
    } catch (error) {
      ignoreChatError(error);
      for (const session of batch) this.#behind.add(session);
      return false;
    }
  }
}

/** @param {number} ms */
function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
