// Run with `npm test --prefix local/web` (node 20.19 or newer; nothing to install).
import assert from "node:assert/strict";
import { test } from "node:test";
import { ChatError } from "./errors.js";
import { memoryOutbox } from "./outbox-store.js";
import { Session } from "./session.js";

const ID = "s.key.signature";

/** A message of the session. */
const message = (/** @type {number} */ seq, { user_id = "me", metadata = {} } = {}) => ({
  ...{ id: `m${seq}`, session_id: ID, seq, change: seq, rev: 1, user_id, role: "member", content: `content ${seq}` },
  ...{ metadata, created_at: new Date(1.7e12 + seq).toISOString() },
});

/** A session whose server has these messages; `api` may be changed on the way. */
function harness(/** @type {any[]} */ messages = [], overrides = {}) {
  const api = {
    userId: "me",
    formerUserId: null,
    session: async () => ({ session_id: ID, title: "Title", role: "owner", version: 1, change: messages.length, cursor: `e.${messages.length}` }),
    members: async () => ({ members: [{ user_id: "me", role: "owner", read_seq: 0 }] }),
    history: async () => ({ messages, complete: true }),
    ...overrides,
  };
  /** @type {any[]} */ const frames = [];
  const socket = { clockSkew: 0, send() {}, request: async (/** @type {any} */ frame) => (frames.push(frame), {}) };
  const outbox = memoryOutbox();
  const session = new Session({ id: ID, api, socket, behind() {}, outbox });
  return { api, socket, frames, outbox, session };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("a message whose ack was lost leaves the outbox when a push or a page brings it", async () => {
  const { session, socket, outbox } = harness();
  socket.request = () => Promise.reject(new ChatError("timeout", "no answer", { retry: true }));
  await session.load();
  const key = session.send("content 1");
  session.resume();
  await settled();
  session.applyPage({ messages: [message(1, { metadata: { client_id: key } })], change: 1 });
  assert.deepEqual(session.entries.map((entry) => [entry.key, entry.state]), [[key, "sent"]]);
  assert.deepEqual(await outbox.load("s", "me"), []);
  session.close();
});

test("what one user did not send is not sent by the next, except by the account that the guest became", async () => {
  const { session, outbox, api, socket } = harness();
  session.send("of me");
  await settled();
  api.userId = "you";
  const another = new Session({ id: ID, api, socket, behind() {}, outbox });
  await settled();
  assert.deepEqual(another.entries, []);
  api.formerUserId = "me";
  const account = new Session({ id: ID, api, socket, behind() {}, outbox });
  account.resume();
  await settled();
  assert.deepEqual(account.entries.map(({ content, state }) => [content, state]), [["of me", "failed"]]);
  for (const one of [session, another, account]) one.close();
});
