/**
 * The sessions of a user, newest talk first, with what is unread in each: a page of them, and more when they are asked for.
 *
 * The server's list is read at every connection and whenever something happens that cannot be worked out here; in between,
 * pushes and the sessions that are open keep it true. Event `change`: something to be shown changed.
 */
import { ChatError, ignoreChatError } from "./errors.js";
import { sessionKey } from "./ids.js";

/** @typedef {import("./types.js").SessionInfo} SessionInfo */
/** @typedef {import("./types.js").Frame} Frame */

/** The server counts no further. */
export const MOST_UNREAD = 100;

/** Several reasons to read the list anew within this are one. In milliseconds. */
const SETTLE_MS = 150;

/** The sessions of one user. */
export class SessionList extends EventTarget {
  /** @type {Map<string, SessionInfo>} By `sessionKey`. */ #items = new Map();
  /** @type {"loading" | "ready" | "failed"} */ #phase = "loading";
  /** @type {ChatError | null} */ #error = null;
  /** @type {any} */ #timer = null;
  /** Counts what has been heard; a list that was asked for before is older. */ #heard = 0;
  /** So many pages of the list are here. */ #pages = 1;
  /** @type {string | null} Where the next page begins. */ #next = null;
  /** @type {Promise<void> | null} */ #loading = null;
  /** @type {import("./chat.js").Chat} */ #chat;

  /** @param {import("./chat.js").Chat} chat */
  constructor(chat) {
    super();
    this.#chat = chat;
    chat.watch(() => Object.fromEntries([...this.#items.values()].map(({ session_id, change }) => [session_id, change])));
    chat.socket.addEventListener("open", () => this.refresh());
    chat.addEventListener("session-changed", (event) => this.#follow(/** @type {CustomEvent} */ (event).detail));
    chat.addEventListener("elsewhere", (event) => this.#hear(/** @type {CustomEvent} */ (event).detail));
  }

  /** `failed` means that `error` has the reason and that nothing could be shown yet. */
  get phase() {
    return this.#phase;
  }

  /** Why the list cannot be shown. */
  get error() {
    return this.#error;
  }

  /** The sessions, that of the newest message first. */
  get items() {
    return [...this.#items.values()].sort((left, right) => (lastTime(left) < lastTime(right) ? 1 : -1));
  }

  /** Of one session. @param {string} sessionId */
  find(sessionId) {
    return this.#items.get(sessionKey(sessionId));
  }

  /** Whether there are no more sessions than these. */
  get complete() {
    return this.#next === null;
  }

  /** Reads the list, as far as it is here. Never throws; see `phase`. @returns {Promise<void>} */
  async refresh() {
    clearTimeout(this.#timer);
    this.#timer = null;
    const [heard, pages] = [this.#heard, this.#pages];
    try {
      const { sessions, next } = await this.#read(pages);
      if (pages !== this.#pages) return this.refresh();
      // What was pushed meanwhile may be missing in the answer.
      if (heard !== this.#heard) this.#soon();
      this.#next = next;
      this.#items = new Map(sessions.map((info) => [sessionKey(info.session_id), info]));
      this.#become("ready", null);
      for (const session of this.#chat.sessions) this.#follow(session);
    } catch (error) {
      ignoreChatError(error);
      if (this.#phase !== "ready") this.#become("failed", /** @type {ChatError} */ (error));
    }
  }

  /** Brings one page more. One at a time, however often it is called. @throws {ChatError} */
  loadMore() {
    this.#loading ??= this.#loadMore().finally(() => (this.#loading = null));
    return this.#loading;
  }

  /** Takes in a session that was just opened or changed by a request. @param {SessionInfo} info */
  put(info) {
    this.#heard += 1;
    this.#take(info);
  }

  /** Takes one out. @param {string} sessionId */
  drop(sessionId) {
    this.#heard += 1;
    if (this.#items.delete(sessionKey(sessionId))) this.#changed();
  }

  /** @returns {Promise<void>} */
  async #loadMore() {
    const before = this.#next;
    if (before === null) return;
    const { sessions, next } = await this.#chat.api.sessions({ before });
    // The list was read anew meanwhile, and ends elsewhere.
    if (before !== this.#next) return this.#loadMore();
    this.#pages += 1;
    this.#next = next ?? null;
    for (const info of sessions) if (!this.find(info.session_id)) this.#items.set(sessionKey(info.session_id), info);
    this.#changed();
  }

  /** The first pages of the server's list. @param {number} count */
  async #read(count) {
    const page = await this.#chat.api.sessions();
    while (page.next && --count > 0) {
      const { sessions, next } = await this.#chat.api.sessions({ before: page.next });
      page.sessions.push(...sessions);
      page.next = next;
    }
    return { sessions: page.sessions, next: page.next ?? null };
  }

  /** @param {import("./session.js").Session} session */
  #follow(session) {
    const info = this.find(session.id);
    const { newest } = session;
    if (!info || session.phase !== "ready") return;
    // Nobody pushes to those who are away: then the list knows more than the session.
    session.renew(info);
    const loaded = session.complete || session.floor <= session.readMark + 1;
    const next = {
      title: session.info?.title ?? info.title,
      version: session.info?.version ?? info.version,
      unread: loaded ? Math.min(session.unread, MOST_UNREAD) : info.unread,
      last_message: newest ?? info.last_message,
      change: Math.max(info.change, session.cursor ?? 0),
    };
    if (Object.entries(next).every(([name, value]) => /** @type {any} */ (info)[name] === value)) return;
    this.#take({ ...info, ...next });
  }

  /** @param {SessionInfo} info */
  #take(info) {
    this.#items.set(sessionKey(info.session_id), { ...this.find(info.session_id), ...info });
    this.#changed();
  }

  /** @param {Frame} frame */
  #hear(frame) {
    // What others write now, or have read, is nothing that the list shows.
    if (frame.type === "user_typing" || (frame.type === "read" && frame.user_id !== this.#chat.userId)) return;
    this.#heard += 1;
    const id = frame.session_id ?? frame.message?.session_id;
    const info = this.find(id);
    if (frame.type === "session_deleted") return this.drop(id);
    if (frame.type === "member_left" && frame.user_id === this.#chat.userId) return this.drop(id);
    if (info && frame.type === "session_updated") return this.#update(info, frame);
    if (info && frame.type === "message" && frame.prev === info.change) return this.#count(info, frame.message);
    this.#soon();
  }

  /**
   * @param {SessionInfo} info
   * @param {Frame} frame
   */
  #update(info, { title, settings, version }) {
    // A push that was overtaken.
    if (version < (info.version ?? 0)) return;
    this.#take({ ...info, title, settings, version });
  }

  /**
   * @param {SessionInfo} info
   * @param {import("./types.js").Message} message The next one.
   */
  #count(info, message) {
    const own = message.user_id === this.#chat.userId;
    const unread = Math.min((info.unread ?? 0) + (own ? 0 : 1), MOST_UNREAD);
    this.#take({ ...info, unread, last_message: message, change: message.change });
  }

  #soon() {
    this.#timer ??= setTimeout(() => this.refresh(), SETTLE_MS);
  }

  /**
   * @param {"loading" | "ready" | "failed"} phase
   * @param {ChatError | null} error
   */
  #become(phase, error) {
    this.#phase = phase;
    this.#error = error;
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new CustomEvent("change"));
  }
}

/** @param {SessionInfo} info */
function lastTime({ last_message, created_at }) {
  return last_message?.created_at ?? created_at;
}
