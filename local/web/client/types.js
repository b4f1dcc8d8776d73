/**
 * The shapes that cross the wire, as `docs/PROTOCOL.md` describes them. Types only: nothing here exists at run time.
 *
 * @typedef {object} Message
 * @property {string} id UUID v7, made by the server.
 * @property {string} session_id Signed; compare with `sameSession`, never with `===`.
 * @property {number} seq The change that the message was born with. Messages are shown in this order.
 * @property {number} change The session's change that altered the message last.
 * @property {number} rev How often the text has been written; an edit names the one it replaces.
 * @property {string} user_id
 * @property {string} role The author's role: `owner`, `member` or `assistant`.
 * @property {string} content
 * @property {Record<string, unknown>} metadata
 * @property {string} created_at RFC 3339, UTC, microseconds.
 * @property {string} [edited_at]
 * @property {string} [deleted_at]
 *
 * @typedef {object} AckedMessage What the sender learns about a message that was stored.
 * @property {string} id
 * @property {string} session_id
 * @property {number} seq
 * @property {number} change
 * @property {number} [rev]
 * @property {string} created_at
 * @property {string} [edited_at]
 * @property {string} [deleted_at]
 *
 * @typedef {object} Ack
 * @property {"ack"} type
 * @property {string} id The request's.
 * @property {AckedMessage} [message]
 * @property {string} [cursor] The server's name for the change.
 * @property {number} [reached] How many other members had a device that the gateway took the push for.
 * @property {boolean} [duplicate] True if the server had stored this very message before.
 * @property {{limit: number, remaining: number, reset: number}} [rate]
 *
 * @typedef {object} SyncedSession One session's page of a `sync` answer.
 * @property {string} session_id
 * @property {Message[]} messages
 * @property {number} change The cursor that the page reaches.
 * @property {boolean} complete Whether the cursor is the session's newest change.
 * @property {string} [cursor] The server's name for `change`.
 * @property {string} [error] Why there is nothing else here, such as `reset`.
 *
 * @typedef {object} SincePage
 * @property {string} session_id
 * @property {Message[]} messages In the order of their changes.
 * @property {number} message_count
 * @property {number} change
 * @property {string} [cursor] The server's name for `change`.
 * @property {boolean} complete
 *
 * @typedef {object} HistoryPage
 * @property {string} session_id
 * @property {Message[]} messages In the order of `seq`.
 * @property {number} message_count
 * @property {boolean} complete Whether no older message exists.
 *
 * @typedef {object} SessionInfo
 * @property {string} session_id
 * @property {string} title
 * @property {string} role The reader's own role.
 * @property {number} change The session's newest change.
 * @property {string} [cursor] The server's name for `change`.
 * @property {number} [version] Counts the revisions of title and settings.
 * @property {object} [settings] Opaque to the server.
 * @property {number} [read_seq] How far the reader has read.
 * @property {number} [unread] Messages by others after that; 100 means 100 or more.
 * @property {Message | null} [last_message]
 * @property {string} created_at
 * @property {string} expires_at
 *
 * @typedef {object} Member
 * @property {string} user_id
 * @property {string} role
 * @property {number} read_seq The member has read everything up to this `seq`.
 * @property {string} joined_at
 *
 * @typedef {object} SignedIn What every sign-in and refresh returns.
 * @property {string} user_id
 * @property {string} access_token
 * @property {string} refresh_token
 * @property {number} expires_in Seconds.
 *
 * @typedef {object} Ticket
 * @property {string} ticket Opens one socket, once.
 * @property {string} url The socket's address without the ticket.
 * @property {number} expires_in Seconds.
 * @property {number} [ping_period] Seconds between pings.
 *
 * @typedef {Record<string, any> & {type?: string}} Frame A parsed JSON text frame, in either direction.
 */
export {};
