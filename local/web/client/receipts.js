/**
 * Who has read how far. A mark only moves forward.
 */
import { ignoreChatError } from "./errors.js";

/** The read marks of one session. */
export class Receipts {
  /** @type {Map<string, number>} */ #marks = new Map();

  /**
   * @param {string} userId
   * @param {number} seq
   * @returns {boolean} Whether the mark moved.
   */
  mark(userId, seq) {
    if (seq <= this.of(userId)) return false;
    this.#marks.set(userId, seq);
    return true;
  }

  /**
   * How far a user has read; 0 for one who has read nothing.
   *
   * @param {string} userId
   */
  of(userId) {
    return this.#marks.get(userId) ?? 0;
  }

  /**
   * How far each but this user has read.
   *
   * @param {string} userId
   * @returns {number[]}
   */
  ofOthers(userId) {
    return [...this.#marks].filter(([reader]) => reader !== userId).map(([, seq]) => seq);
  }

  /** Everybody with a mark. */
  get readers() {
    return [...this.#marks.keys()];
  }

  /** Forgets somebody who has left. @param {string} userId */
  forget(userId) {
    this.#marks.delete(userId);
  }
}

/**
 * Tells the server how far this user has read: one mark at a time, always the furthest. What fails is told again with
 * the next mark, or on the next socket.
 */
export class ReadNotice {
  #wanted = 0;
  #told = 0;
  #telling = false;
  /** @type {(seq: number) => Promise<unknown>} */ #tell;

  /** @param {(seq: number) => Promise<unknown>} tell Rejects with a `ChatError`. */
  constructor(tell) {
    this.#tell = tell;
  }

  /** What the server is known to know. @param {number} seq */
  known(seq) {
    this.#told = Math.max(this.#told, seq);
  }

  /** Tells `seq`, unless the server knows. @param {number} seq */
  async tell(seq) {
    this.#wanted = Math.max(this.#wanted, seq);
    if (this.#telling) return;
    this.#telling = true;
    try {
      while (this.#wanted > this.#told) {
        const next = this.#wanted;
        await this.#tell(next);
        this.known(next);
      }
    } catch (error) {
      ignoreChatError(error);
    } finally {
      this.#telling = false;
    }
  }
}
