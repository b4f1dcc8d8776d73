/**
 * Who belongs to one session, in which role, and how far each has read.
 */
import { ignoreChatError } from "./errors.js";
import { ReadNotice, Receipts } from "./receipts.js";

/** @typedef {import("./types.js").Member} Member */

/**
 * @typedef {object} Calls
 * @property {() => string} me This user's id.
 * @property {() => Promise<{members: Member[]}>} ask Rejects with a `ChatError`.
 * @property {(seq: number) => Promise<unknown>} tell Tells the server how far this user has read. Rejects with a `ChatError`.
 * @property {() => void} changed
 */

/** The members of one session. */
export class Members {
  /** @type {Map<string, string>} User id → role. */ #roles = new Map();
  #receipts = new Receipts();
  /** @type {ReadNotice} */ #notice;
  /** @type {Calls} */ #calls;

  /** @param {Calls} calls */
  constructor(calls) {
    this.#calls = calls;
    this.#notice = new ReadNotice(calls.tell);
  }

  /** Other members than this user. */
  get others() {
    const me = this.#calls.me();
    return [...this.#roles].filter(([userId]) => userId !== me).map(([user_id, role]) => ({ user_id, role }));
  }

  /** How far each other member has read. */
  get marks() {
    return this.#receipts.ofOthers(this.#calls.me());
  }

  /** Up to which `seq` this user has read, on any device. */
  get readMark() {
    return this.#receipts.of(this.#calls.me());
  }

  /**
   * A member's role.
   *
   * @param {string} userId
   * @returns {string | undefined}
   */
  roleOf(userId) {
    return this.#roles.get(userId);
  }

  /** Somebody has read up to `seq`. @param {string} userId @param {number} seq */
  mark(userId, seq) {
    if (this.#receipts.mark(userId, seq)) this.#calls.changed();
  }

  /** Tells the server how far this user has read, unless it knows. */
  tell() {
    this.#notice.tell(this.readMark);
  }

  /** Asks who is a member and how far each has read; pushes about that are not kept for those who were away. */
  async refresh() {
    const receipts = this.#receipts;
    const { members } = await this.#calls.ask();
    // After a reset these are marks of the past.
    if (receipts !== this.#receipts) return;
    this.#roles = new Map(members.map(({ user_id, role }) => [user_id, role]));
    for (const reader of receipts.readers) if (!this.#roles.has(reader)) receipts.forget(reader);
    for (const { user_id, read_seq } of members) receipts.mark(user_id, read_seq);
    this.#notice.known(members.find(({ user_id }) => user_id === this.#calls.me())?.read_seq ?? 0);
    this.#calls.changed();
  }

  /** Asks, and does without an answer: the next connection asks again. */
  refreshLater() {
    this.refresh().catch(ignoreChatError);
  }

  /** Asks once when somebody shows up who was not there. The role is unknown until it is answered. @param {string} userId */
  meet(userId) {
    if (this.#roles.has(userId)) return;
    this.#roles.set(userId, "");
    this.refreshLater();
  }

  /** The server's history is another one: numbers of the former would say of new messages that they were read. */
  reset() {
    this.#receipts = new Receipts();
    this.#notice = new ReadNotice(this.#calls.tell);
  }
}
