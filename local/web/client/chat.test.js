// Run with `npm test --prefix local/web` (node 20.19 or newer; nothing to install).
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Chat } from "./chat.js";
import { ChatError } from "./errors.js";
import { SessionList } from "./session-list.js";

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("a chat takes no ticket for somebody else who has signed in meanwhile", async () => {
  let tickets = 0;
  const api = { userId: "guest", ticket: () => (tickets++, new Promise(() => {})) };
  const chat = new Chat({ api, deviceId: "device" });
  chat.start();
  await settled();
  assert.equal(tickets, 1);
  chat.stop();
  api.userId = "account";
  chat.start();
  await settled();
  assert.equal(tickets, 1);
  assert.equal(chat.socket.state, "offline");
  assert.equal(chat.socket.error?.signedOut, true);
  chat.close();
});

/** A chat of `me` with one open session, and the list; `info` is what the server says of the session. */
async function open() {
  const info = { session_id: "s.key.signature", title: "Old", role: "owner", version: 1, change: 0, cursor: "0", read_seq: 0, unread: 0, last_message: null };
  const api = {
    userId: "me",
    formerUserId: null,
    ticket: () => new Promise(() => {}),
    session: async () => ({ ...info }),
    sessions: async () => ({ sessions: [{ ...info }] }),
    members: async () => ({ members: [{ user_id: "me", role: info.role, read_seq: 0 }] }),
    history: async () => ({ messages: [], complete: true }),
  };
  const chat = new Chat({ api, deviceId: "device" });
  const list = new SessionList(chat);
  await list.refresh();
  const session = chat.open(info.session_id);
  await settled();
  const push = (/** @type {any} */ frame) => chat.socket.dispatchEvent(new CustomEvent("frame", { detail: { session_id: info.session_id, ...frame } }));
  return { info, api, chat, list, session, push };
}

test("what was renamed while nobody pushed has its new name and version after the next list", async () => {
  const { info, list, session, push, chat } = await open();
  Object.assign(info, { title: "New", version: 2, role: "member" });
  await list.refresh();
  assert.deepEqual([session.info?.title, session.info?.version, session.info?.role], ["New", 2, "member"]);
  assert.equal(list.find(session.id)?.title, "New");
  // A list that was on its way during another change says less than the push.
  push({ type: "session_updated", title: "Newest", settings: {}, version: 3 });
  await list.refresh();
  assert.equal(session.info?.title, "Newest");
  assert.equal(list.find(session.id)?.title, "Newest");
  chat.close();
});

test("who was taken out and let in again finds the session open", async () => {
  const { session, push, chat } = await open();
  push({ type: "member_left", user_id: "me" });
  assert.equal(session.phase, "failed");
  push({ type: "member_joined", member: { user_id: "me", role: "member" } });
  await settled();
  assert.equal(session.phase, "ready");
  chat.close();
});

test("a session that failed is loaded anew when it is opened again", async () => {
  const { session, push, chat } = await open();
  push({ type: "member_left", user_id: "me" });
  assert.equal(chat.open(session.id), session);
  await settled();
  assert.equal(session.phase, "ready");
  chat.close();
});

test("how far others have read is no reason to read the list, how far this user has is", async () => {
  const { chat, api } = await open();
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const asked = mock.method(api, "sessions");
    const hear = (/** @type {any} */ frame) => chat.dispatchEvent(new CustomEvent("elsewhere", { detail: { type: "read", session_id: "other.key.sig", seq: 1, ...frame } }));
    hear({ user_id: "you" });
    mock.timers.tick(1_000);
    assert.equal(asked.mock.callCount(), 0);
    hear({ user_id: "me" });
    mock.timers.tick(1_000);
    assert.equal(asked.mock.callCount(), 1);
  } finally {
    mock.timers.reset();
  }
  chat.close();
});

test("of two renamings that change places the newer one stays", async () => {
  const { chat, list, session, push } = await open();
  push({ type: "session_updated", title: "Newer", settings: {}, version: 3 });
  push({ type: "session_updated", title: "Older", settings: {}, version: 2 });
  assert.equal(session.info?.title, "Newer");
  assert.equal(list.find(session.id)?.title, "Newer");
  chat.close();
});

test("what was put into the list while it was being read is there after the next reading", async () => {
  const { chat, api, info, list } = await open();
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const sessions = [{ ...info }];
    // What the server had when it was asked.
    api.sessions = async () => ({ sessions: [...sessions] });
    const reading = list.refresh();
    const created = { ...info, session_id: "new.key.sig", title: "New" };
    sessions.push(created);
    list.put(created);
    await reading;
    mock.timers.tick(1_000);
    await settled();
    assert.equal(list.find(created.session_id)?.title, "New");

    const again = list.refresh();
    sessions.pop();
    list.drop(created.session_id);
    await again;
    mock.timers.tick(1_000);
    await settled();
    assert.equal(list.find(created.session_id), undefined);
  } finally {
    mock.timers.reset();
  }
  chat.close();
});

/** A list of five sessions on a server that shows two at a time. */
async function paged() {
  const { chat, api, info, list } = await open();
  const all = [1, 2, 3, 4, 5].map((n) => ({ ...info, session_id: `${n}.key.sig`, created_at: `2026-11-30T00:00:0${9 - n}.000000Z` }));
  const asked = mock.fn(async (/** @type {{before?: string}} */ { before = "0" } = {}) => {
    const from = Number(before);
    return { sessions: all.slice(from, from + 2), next: from + 2 < all.length ? `${from + 2}` : null };
  });
  api.sessions = asked;
  await list.refresh();
  return { chat, api, list, all, asked, shown: () => list.items.map(({ session_id }) => Number.parseInt(session_id, 10)) };
}

test("the list is read a page at a time, and read anew as far as it is here", async () => {
  const { chat, list, asked, shown } = await paged();
  assert.deepEqual([shown(), list.complete], [[1, 2], false]);
  // However often it is called at once.
  await Promise.all([list.loadMore(), list.loadMore()]);
  assert.deepEqual([shown(), list.complete], [[1, 2, 3, 4], false]);
  await list.refresh();
  assert.deepEqual([shown(), list.complete], [[1, 2, 3, 4], false]);
  await list.loadMore();
  assert.deepEqual([shown(), list.complete], [[1, 2, 3, 4, 5], true]);
  const before = asked.mock.callCount();
  await list.loadMore();
  assert.equal(asked.mock.callCount(), before);
  chat.close();
});

test("a page more and the list read anew at the same time leave no hole", async () => {
  const { chat, api, list, all, asked, shown } = await paged();
  const refreshing = list.refresh();
  await list.loadMore();
  await refreshing;
  assert.deepEqual(shown(), [1, 2, 3, 4]);
  // The page that is on its way begins where the list does not end any more.
  /** @type {any} */ let answer;
  api.sessions = () => new Promise((resolve) => (answer = resolve));
  const more = list.loadMore();
  api.sessions = asked;
  all.shift();
  await list.refresh();
  answer({ sessions: [], next: null });
  await more;
  assert.deepEqual(shown(), [2, 3, 4, 5]);
  chat.close();
});

test("a page that cannot be had says why, and the list stays", async () => {
  const { chat, api, list, asked, shown } = await paged();
  api.sessions = () => Promise.reject(new ChatError("unavailable", "no", { retry: true }));
  await assert.rejects(list.loadMore(), { code: "unavailable" });
  assert.deepEqual([shown(), list.phase, list.complete], [[1, 2], "ready", false]);
  api.sessions = asked;
  await list.loadMore();
  assert.deepEqual(shown(), [1, 2, 3, 4]);
  chat.close();
});

test("an opening syncs all open sessions in one frame", async () => {
  const { chat, api, info } = await open();
  api.session = async (/** @type {string} */ id) => ({ ...info, session_id: id });
  chat.open("other.key.sig");
  await settled();
  /** @type {any[]} */ const frames = [];
  Object.defineProperty(chat.socket, "state", { value: "online" });
  chat.socket.request = async (frame) => {
    frames.push(frame);
    const pages = Object.keys(frame.cursors ?? {}).map((session_id) => ({ session_id, messages: [], change: 0, complete: true }));
    return { sessions: pages };
  };
  chat.socket.dispatchEvent(new CustomEvent("open"));
  await settled();
  const syncs = frames.filter(({ type }) => type === "sync").map(({ cursors }) => Object.keys(cursors).length);
  assert.deepEqual(syncs, [2]);
  chat.close();
});
