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

test("a reset forgets who had read how far, and tells again how far this user has", async () => {
  const life = (/** @type {number} */ seq) => ({
    session: async () => ({ session_id: ID, title: "Title", role: "owner", version: 1, change: seq, cursor: `${seq}` }),
    members: async () => ({ members: ["me", "you"].map((user_id) => ({ user_id, role: "member", read_seq: seq })) }),
    history: async () => ({ messages: [message(seq)], complete: true }),
  });
  const { session, api, frames } = harness([], life(50));
  await session.load();
  Object.assign(api, life(40));
  session.reset();
  await settled();
  session.receive({ type: "message", message: message(41), prev: 40, cursor: "41" });
  session.receive({ type: "message", message: message(42, { user_id: "you" }), prev: 41, cursor: "42" });
  assert.deepEqual(session.entries.map(({ seq, state }) => [seq, state]), [[40, "read"], [41, "sent"], [42, "received"]]);
  assert.equal(session.unread, 1);
  session.read(42);
  assert.deepEqual(frames.map(({ type, seq }) => [type, seq]), [["read", 42]]);
  session.close();
});

test("a reset in the middle of the first load begins it again, once", async () => {
  const asked = /** @type {number[]} */ ([]);
  /** @type {() => void} */ let answer = () => {};
  const { session } = harness([], {
    session: async () => {
      await settled();
      return { session_id: ID, title: "Title", role: "owner", version: 1, change: 300, cursor: "300" };
    },
    history: async (/** @type {string} */ id, /** @type {number} */ before) => {
      asked.push(before);
      if (asked.length === 1) await new Promise((resolve) => (answer = () => resolve(undefined)));
      const messages = Array.from({ length: 100 }, (_, index) => message(before - 100 + index, { user_id: "you" }));
      return { messages, complete: before <= 101 };
    },
  });
  // A loop that does not end would not let the test end either.
  let reads = 0;
  const floor = () => {
    assert.ok(++reads < 100, "it asks for ever");
    return Object.getOwnPropertyDescriptor(Session.prototype, "floor")?.get?.call(session);
  };
  Object.defineProperty(session, "floor", { get: floor });
  const loading = session.load();
  await settled();
  await settled();
  session.reset();
  answer();
  await loading;
  await settled();
  await settled();
  assert.equal(session.phase, "ready");
  assert.equal(session.entries.length, 300);
  assert.deepEqual(asked, [301, 301, 201, 101]);
});

test("an entry keeps its key when its message is deleted", async () => {
  const { session } = harness([message(1, { metadata: { client_id: "key" } })]);
  await session.load();
  assert.deepEqual(session.entries.map(({ key, deleted }) => [key, deleted]), [["key", false]]);
  session.receive({ type: "message_deleted", message: { ...message(1), change: 2, rev: 2, content: "", deleted_at: "2026-01-01T00:00:00Z" }, prev: 1, cursor: "2" });
  assert.deepEqual(session.entries.map(({ key, deleted }) => [key, deleted]), [["key", true]]);
  session.close();
});

test("an edit of a message that is not here is not taken, and costs nobody an earlier text", async () => {
  const { session, socket } = harness([message(1)]);
  socket.request = () => Promise.reject(new ChatError("not_yours", "no"));
  await session.load();
  session.resume();
  assert.equal(session.edit("m1", "anew"), true);
  await settled();
  assert.equal(session.entries[0].amendment?.content, "anew");
  session.reset();
  assert.equal(session.edit("m1", "once more"), false);
  await settled();
  assert.equal(session.entries[0].amendment?.content, "anew");
  session.close();
});
