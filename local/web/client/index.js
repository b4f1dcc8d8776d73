/**
 * The browser client of Gatepost. No DOM, no dependency, no build step.
 *
 * ```js
 * import { gatepost } from "./gatepost.js";
 *
 * const { api, chat, sessions } = await gatepost({ name: "me" });
 * if (!api.userId) await api.guest();
 * const { session_id } = await api.openSession({ title: "Hello" });
 *
 * chat.start();
 * const session = chat.open(session_id);
 * session.addEventListener("change", () => render(session.entries));
 * session.send("Hi there");
 * ```
 *
 * | module | is |
 * |---|---|
 * | `gatepost` | all of the below, with the stores of a browser |
 * | `api` | the REST half, with the token refreshed when needed |
 * | `credentials` | one user's tokens |
 * | `chat` | one device: a socket and its open sessions |
 * | `session` | one session: entries, sending, editing, typing, reading, history |
 * | `session-list` | all sessions of the user, with what is unread |
 * | `entries` | messages as they are shown, with their state |
 * | `socket`, `link`, `requests`, `wake` | a connection that stays, one WebSocket, answers by id, when to look after it |
 * | `timeline` | messages in order, cursor and holes |
 * | `sync` | catching up |
 * | `outbox`, `outbox-store`, `amendments` | unacknowledged messages, where they survive a reload, edits under way |
 * | `typing`, `receipts`, `seen` | who types, who has read, what was on the screen |
 * | `store`, `device` | where tokens are kept, which device this window is |
 * | `errors`, `backoff`, `ids`, `content` | one error class, waiting times, ids, what fits into a message |
 */
export { Api } from "./api.js";
export { Chat } from "./chat.js";
export { MAX_CONTENT_BYTES, contentBytes } from "./content.js";
export { Credentials } from "./credentials.js";
export { claimDevice } from "./device.js";
export { ChatError, ClientCode, ignoreChatError } from "./errors.js";
export { gatepost } from "./gatepost.js";
export { sameSession, sessionKey, uuidV7 } from "./ids.js";
export { forgetOutbox, memoryOutbox, openOutbox } from "./outbox-store.js";
export { SeenMarks } from "./seen.js";
export { Session } from "./session.js";
export { SessionList } from "./session-list.js";
export { Socket } from "./socket.js";
export { forgetJson, memoryStore, storedJson } from "./store.js";
