/**
 * Messages as they are shown, whether the server has them or not.
 */

/**
 * @typedef {object} Entry
 * @property {string} key Stays the same when a pending message becomes a stored one.
 * @property {string | null} id The message's; null until it is stored.
 * @property {string} user_id
 * @property {string} role
 * @property {string} content
 * @property {string} created_at
 * @property {boolean} own
 * @property {boolean} edited
 * @property {boolean} deleted
 * @property {number | null} seq Null until it is stored.
 * @property {"received" | "waiting" | "sending" | "failed" | "sent" | "delivered" | "read"} state `delivered` is known on the
 *   sending device only: when it was sent, the gateway took it for a connected device of another member.
 * @property {number} readBy How many others have read it; 0 for messages of others.
 * @property {import("./amendments.js").Amendment} [amendment] An edit or delete under way, or refused.
 * @property {import("./errors.js").ChatError} [error] Why it failed.
 */

/**
 * A message that the server has. An edit or delete under way is shown as if it had been carried out.
 *
 * @param {import("./types.js").Message} message
 * @param {object} known
 * @param {string} known.key
 * @param {string} known.me
 * @param {number} known.readBy
 * @param {boolean} known.delivered
 * @param {import("./amendments.js").Amendment} [known.amendment]
 * @returns {Entry}
 */
export function storedEntry(message, { key, me, readBy, delivered, amendment }) {
  const { id, user_id, role, content, created_at, seq, edited_at, deleted_at } = message;
  const own = user_id === me;
  const saving = amendment?.state === "saving" ? amendment.type : null;
  return {
    key,
    id,
    user_id,
    role,
    content: saving === "edit" ? (amendment?.content ?? "") : content,
    created_at,
    seq,
    own,
    edited: Boolean(edited_at) || saving === "edit",
    deleted: Boolean(deleted_at) || saving === "delete",
    state: own ? ownState(readBy, delivered) : "received",
    readBy: own ? readBy : 0,
    amendment,
  };
}

/**
 * A message that has not been acknowledged.
 *
 * @param {import("./outbox.js").Pending} pending
 * @param {{user_id: string, role: string}} author
 * @param {number} clockSkew By how much the server's clock is ahead, in milliseconds.
 * @returns {Entry}
 */
export function pendingEntry({ id, content, created_at, state, error }, author, clockSkew) {
  const at = new Date(Date.parse(created_at) + clockSkew).toISOString();
  const nobody = { id: null, seq: null, own: true, edited: false, deleted: false, readBy: 0 };
  return { key: id, ...author, ...nobody, content, created_at: at, state, error };
}

/**
 * @param {number} readBy
 * @param {boolean} delivered
 */
function ownState(readBy, delivered) {
  if (readBy > 0) return "read";
  return delivered ? "delivered" : "sent";
}
