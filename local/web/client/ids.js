/**
 * Ids: the ones that this client makes, and how to compare the ones that it is given.
 */

/**
 * A new UUID v7: 48 bits of Unix milliseconds, then randomness (RFC 9562 §5.7). `crypto.randomUUID` is not used because
 * browsers hide it from pages that are served over plain HTTP under another name than localhost.
 *
 * @param {number} [now] Unix milliseconds.
 * @returns {string}
 */
export function uuidV7(now = Date.now()) {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  new DataView(bytes.buffer).setUint16(0, Math.floor(now / 2 ** 32));
  new DataView(bytes.buffer).setUint32(2, now % 2 ** 32);
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/**
 * The part of a signed session id that identifies the session. The rest changes when the server's keys rotate.
 *
 * @param {string} sessionId
 * @returns {string}
 */
export function sessionKey(sessionId) {
  return sessionId.split(".", 1)[0];
}

/**
 * Whether two signed ids name the same session.
 *
 * @param {string} left
 * @param {string} right
 * @returns {boolean}
 */
export function sameSession(left, right) {
  return sessionKey(left) === sessionKey(right);
}
