/**
 * Waiting times between attempts: exponential with full jitter, so that clients cut off together do not come back
 * together.
 */

/** Upper bound of the first wait, in milliseconds. */
const BASE_MS = 500;

/** Upper bound of every wait, in milliseconds. */
const CAP_MS = 30_000;

/**
 * How long to wait before the attempt after `failures` failed ones.
 *
 * @param {number} failures At least 1.
 * @param {{atLeastMs?: number, random?: () => number}} [options] `atLeastMs` is what the server asked for.
 * @returns {number} Milliseconds.
 */
export function backoff(failures, { atLeastMs = 0, random = Math.random } = {}) {
  const ceiling = Math.min(CAP_MS, BASE_MS * 2 ** (failures - 1));
  return atLeastMs + random() * ceiling;
}
