/**
 * One device of one user: its socket, and the sessions that are open on it.
 *
 * Events: `session-elsewhere`, whose `detail` is the id of a session that the server spoke of and that is not open here;
 * a client with a list of sessions fetches it anew. Connection events are those of `socket`.
 */
import { backoff } from "./backoff.js";
import { ignoreChatError } from "./errors.js";
import { sessionKey } from "./ids.js";
import { Session } from "./session.js";
import { Socket } from "./socket.js";
import { catchUp } from "./sync.js";

/** Syncing waits so long for the ack of a message that may already be stored, in milliseconds. */
const ACK_FIRST_MS = 2_000;

/** One device of one user. */
export class Chat extends EventTarget {
  /** @type {Map<string, Session>} By `sessionKey`. */ #sessions = new Map();
  /** @type {Set<Session>} */ #behind = new Set();
  #syncing = false;
  /** @type {import("./api.js").Api} */ #api;
  /** @type {(sessionKey: string) => import("./outbox.js").OutboxStore | undefined} */ #outboxStore;

  /**
   * @param {object} options
   * @param {import("./api.js").Api} options.api
   * @param {string} options.deviceId Chosen by the application; the same after every reload.
   * @param {(sessionKey: string) => import("./outbox.js").OutboxStore | undefined} [options.outboxStore] Where a
   *   session's unsent messages survive a reload; without it they do not.
   */
  constructor({ api, deviceId, outboxStore = () => undefined }) {
    super();
    this.#api = api;
    this.#outboxStore = outboxStore;
    /** @readonly The connection: state, start, stop, and what passes on it. */
    this.socket = new Socket({ ticket: () => api.ticket(deviceId), cursors: () => this.#cursors() });
    this.socket.addEventListener("open", () => this.#opened());
    this.socket.addEventListener("state", () => this.#stateChanged());
    this.socket.addEventListener("frame", (event) => this.#receive(/** @type {CustomEvent} */ (event).detail));
  }

  /** The user's id. */
  get userId() {
    return this.#api.userId;
  }

  /**
   * Opens a session on this device and loads its newest messages.
   *
   * @param {string} sessionId
   * @returns {Session}
   */
  open(sessionId) {
    const known = this.#sessions.get(sessionKey(sessionId));
    if (known) return known;
    const session = new Session({
      id: sessionId,
      api: this.#api,
      socket: this.socket,
      behind: (session) => this.#sync(session),
      outboxStore: this.#outboxStore(sessionKey(sessionId)),
    });
    this.#sessions.set(session.key, session);
    session.load();
    if (this.socket.state === "online") session.resume();
    return session;
  }

  #cursors() {
    const loaded = [...this.#sessions.values()].filter((session) => session.cursor !== null);
    return Object.fromEntries(loaded.map((session) => [session.id, session.cursor ?? 0]));
  }

  #stateChanged() {
    if (this.socket.state === "online") return;
    for (const session of this.#sessions.values()) session.hold();
  }

  #opened() {
    for (const session of this.#sessions.values()) this.#resume(session);
  }

  /** @param {Session} session */
  async #resume(session) {
    if (session.phase === "failed") session.load();
    // The ack tells which stored message is the one that still looks unsent here; synced first, it would show twice.
    await Promise.race([session.resume(), sleep(ACK_FIRST_MS)]);
    if (session.phase !== "ready") return;
    this.#sync(session);
    // Read marks are an ornament: if they cannot be had now, the next connection brings them.
    session.refreshMembers().catch(ignoreChatError);
  }

  /** @param {import("./types.js").Frame} frame */
  #receive(frame) {
    if (frame.type === "pong") {
      for (const id of frame.behind ?? []) this.#withSession(id, (session) => this.#sync(session));
      return;
    }
    const id = frame.session_id ?? frame.message?.session_id;
    if (typeof id === "string") this.#withSession(id, (session) => session.receive(frame));
  }

  /**
   * @param {string} id
   * @param {(session: Session) => void} act
   */
  #withSession(id, act) {
    const session = this.#sessions.get(sessionKey(id));
    if (session) act(session);
    else this.dispatchEvent(new CustomEvent("session-elsewhere", { detail: id }));
  }

  /** @param {Session} session */
  async #sync(session) {
    this.#behind.add(session);
    if (this.#syncing) return;
    this.#syncing = true;
    try {
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
