// Run with `npm test --prefix local/web` (node 20.19 or newer; nothing to install).
import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryOutbox } from "./outbox-store.js";
import { Session } from "./session.js";

/** A session that is open and empty, and the texts of each arrival. */
async function opened() {
  const api = /** @type {any} */ ({
    userId: "me",
    session: async () => ({ session_id: "s", change: 0 }),
    members: async () => ({ members: [{ user_id: "me", role: "owner", read_seq: 0 }, { user_id: "other", role: "member", read_seq: 0 }] }),
    history: async () => ({ messages: [], complete: true }),
  });
  const socket = /** @type {any} */ ({ request: async () => ({}), send() {}, clockSkew: 0 });
  const session = new Session({ id: "s", api, socket, behind() {}, outbox: memoryOutbox() });
  /** @type {string[][]} */ const arrivals = [];
  session.addEventListener("arrival", (event) => arrivals.push(/** @type {CustomEvent} */ (event).detail.map(({ content = "" }) => content)));
  await session.load();
  return { session, arrivals };
}

/** The push of a message. @param {number} seq @param {object} [more] */
const push = (seq, more = {}) => ({
  type: "message",
  prev: seq - 1,
  message: { id: `m${seq}`, seq, change: seq, user_id: "other", content: `text ${seq}`, ...more },
});

test("a message whose push was overtaken arrives as well", async () => {
  const { session, arrivals } = await opened();
  session.receive(push(2));
  session.receive(push(1));
  assert.deepEqual(arrivals, [["text 2"], ["text 1"]]);
});

test("nothing arrives twice, and neither does what this user wrote nor what is deleted already", async () => {
  const { session, arrivals } = await opened();
  session.receive(push(1));
  session.receive(push(1));
  session.receive({ type: "message_updated", prev: 1, message: { ...push(1).message, change: 2, content: "edited" } });
  session.receive(push(3, { user_id: "me" }));
  session.receive(push(4, { content: "", deleted_at: "2026-01-01T00:00:00Z" }));
  assert.deepEqual(arrivals, [["text 1"]]);
});
