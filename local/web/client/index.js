/**
 * The browser client of Gatepost. No DOM, no dependency, no build step.
 *
 * ```js
 * import { Api, Chat, Credentials, memoryStore } from "./client/index.js";
 *
 * const api = new Api(new Credentials(memoryStore(), "me"));
 * await api.guest();
 * const { session_id } = await api.openSession({ title: "Hello" });
 *
 * const chat = new Chat({ api, deviceId: crypto.randomUUID() });
 * chat.socket.start();
 * const session = chat.open(session_id);
 * session.addEventListener("change", () => render(session.entries));
 * session.send("Hi there");
 * ```
 *
 * | module | is |
 * |---|---|
 * | `api` | the REST half, with the token refreshed when needed |
 * | `credentials` | one user's tokens |
 * | `chat` | one device: a socket and its open sessions |
 * | `session` | one session: entries, sending, typing, reading, history |
 * | `entries` | messages as they are shown, with their state |
 * | `socket`, `link`, `requests` | a connection that stays, one WebSocket, answers by id |
 * | `timeline` | messages in order, cursor and holes |
 * | `sync` | catching up |
 * | `outbox` | unacknowledged messages |
 * | `typing`, `receipts` | who types, who has read |
 * | `store` | where tokens and unsent messages are kept |
 * | `errors`, `backoff`, `ids`, `content` | one error class, waiting times, ids, what fits into a message |
 */
export { Api } from "./api.js";
export { Chat } from "./chat.js";
export { MAX_CONTENT_BYTES, contentBytes } from "./content.js";
export { Credentials } from "./credentials.js";
export { ChatError, ClientCode, ignoreChatError } from "./errors.js";
export { sameSession, sessionKey, uuidV7 } from "./ids.js";
export { Session } from "./session.js";
export { Socket } from "./socket.js";
export { memoryStore, storedJson } from "./store.js";
