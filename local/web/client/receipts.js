/**
 * Who has read how far. A mark only moves forward.
 */

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
   * How far anybody but this user has read.
   *
   * @param {string} userId
   */
  byOthers(userId) {
    return Math.max(0, ...[...this.#marks].filter(([reader]) => reader !== userId).map(([, seq]) => seq));
  }
}
