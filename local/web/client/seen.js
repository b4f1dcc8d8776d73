/**
 * What was on a screen, and how far one may say that it was read. Pure.
 *
 * A read mark covers everything up to its `seq`, so it may only move over messages each of which was seen: one that was
 * skipped stops it until the reader has been there.
 */

/** @typedef {{seq: number | null, own: boolean, deleted: boolean}} Shown */

/** Which messages of one session were seen. */
export class SeenMarks {
  /** @type {Set<number>} */ #seen = new Set();

  /** @param {number} seq */
  add(seq) {
    this.#seen.add(seq);
  }

  /**
   * How far the mark may move.
   *
   * @param {number} mark Where it stands.
   * @param {Shown[]} entries All that are loaded, in order.
   * @param {number} floor Older ones than this `seq` are not loaded.
   * @returns {number} At least `mark`.
   */
  reach(mark, entries, floor) {
    if (floor > mark + 1) return mark;
    let reach = mark;
    for (let index = firstAfter(entries, mark); index < entries.length; index++) {
      const { seq, own, deleted } = entries[index];
      if (seq === null || !(own || deleted || this.#seen.has(seq))) break;
      // One's own are not worth telling of.
      if (this.#seen.delete(seq)) reach = seq;
    }
    return reach;
  }
}

/**
 * @param {Shown[]} entries
 * @param {number} mark
 */
function firstAfter(entries, mark) {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const { seq } = entries[middle];
    if (seq !== null && seq <= mark) low = middle + 1;
    else high = middle;
  }
  return low;
}
