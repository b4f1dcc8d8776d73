/**
 * Messages as they are shown, whether the server has them or not.
 */

/**
 * @typedef {object} Entry
 * @property {string} key Stays the same when a pending message becomes a stored one.
 * @property {string} user_id
 * @property {string} role
 * @property {string} content
 * @property {string} created_at
 * @property {boolean} own
 * @property {boolean} edited
 * @property {boolean} deleted
 * @property {number | null} seq Null until it is stored.
 * @property {"received" | "waiting" | "sending" | "failed" | "sent" | "read"} state
 * @property {import("./errors.js").ChatError} [error] Why it failed.
 */

/**
 * A message that the server has.
 *
 * @param {import("./types.js").Message} message
 * @param {{key: string, me: string, readTo: number}} seen `readTo` is how far anybody else has read.
 * @returns {Entry}
 */
export function storedEntry({ user_id, role, content, created_at, seq, edited_at, deleted_at }, { key, me, readTo }) {
  const own = user_id === me;
  const state = own ? (seq <= readTo ? "read" : "sent") : "received";
  return { key, user_id, role, content, created_at, seq, own, edited: Boolean(edited_at), deleted: Boolean(deleted_at), state };
}

/**
 * A message that has not been acknowledged.
 *
 * @param {import("./outbox.js").Pending} pending
 * @param {{user_id: string, role: string}} author
 * @returns {Entry}
 */
export function pendingEntry({ id, content, created_at, state, error }, author) {
  return { key: id, ...author, content, created_at, seq: null, own: true, edited: false, deleted: false, state, error };
}
