// Run with `npm test --prefix local/web` (node 20.19 or newer; nothing to install).
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { ChatError } from "./errors.js";
import { memoryOutbox } from "./outbox-store.js";
import { Outbox } from "./outbox.js";

/** An outbox whose sends the test answers by hand, in order. */
function harness({ store = undefined, giveUpMs = 1_000 } = /** @type {any} */ ({})) {
  /** @type {{id: string, content: string, ack: () => void, fail: (error: ChatError) => void}[]} */ const sends = [];
  /** @type {string[]} */ const acked = [];
  const outbox = new Outbox({
    kept: store && {
      load: () => store.load("session", "me"),
      put: (/** @type {any} */ pending) => store.put("session", "me", pending),
      remove: (/** @type {string} */ id) => store.remove(id),
    },
    giveUpMs,
    send: ({ id, content }) =>
      new Promise((resolve, reject) => sends.push({ id, content, ack: () => resolve({ type: "ack", id }), fail: reject })),
    acked: ({ content }) => acked.push(content),
    changed: () => {},
  });
  return { outbox, sends, acked, states: () => outbox.pending.map(({ content, state }) => `${content} ${state}`) };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));
const lost = new ChatError("offline", "gone", { retry: true });
const refused = new ChatError("message_too_large", "too long");

test("nothing is sent while the socket is closed", () => {
  const { outbox, sends, states } = harness();
  outbox.add("a");
  assert.deepEqual(states(), ["a waiting"]);
  assert.equal(sends.length, 0);
});

test("one message is under way at a time", async () => {
  const { outbox, sends, acked } = harness();
  outbox.resume();
  outbox.add("a");
  outbox.add("b");
  assert.deepEqual(sends.map(({ content }) => content), ["a"]);
  sends[0].ack();
  await settled();
  assert.deepEqual(acked, ["a"]);
  assert.deepEqual(sends.map(({ content }) => content), ["a", "b"]);
});

test("a message whose ack was lost is sent again under the same id", async () => {
  const { outbox, sends, states } = harness();
  outbox.resume();
  outbox.add("a");
  outbox.hold();
  sends[0].fail(lost);
  await settled();
  assert.deepEqual(states(), ["a waiting"]);
  outbox.resume();
  assert.equal(sends.length, 2);
  assert.equal(sends[1].id, sends[0].id);
});

test("a refused message fails and lets the next one through", async () => {
  const { outbox, sends, states } = harness();
  outbox.resume();
  outbox.add("a");
  outbox.add("b");
  sends[0].fail(refused);
  await settled();
  assert.deepEqual(states(), ["a failed", "b sending"]);
});

test("a failed message goes out again under the same id", async () => {
  const { outbox, sends, acked } = harness();
  outbox.resume();
  const id = outbox.add("a");
  sends[0].fail(refused);
  await settled();
  outbox.retry(id);
  assert.equal(sends[1].id, id);
  sends[1].ack();
  await settled();
  assert.deepEqual(acked, ["a"]);
  assert.deepEqual(outbox.pending, []);
});

test("only a failed message can be taken back", async () => {
  const { outbox, sends } = harness();
  outbox.resume();
  const id = outbox.add("a");
  assert.equal(outbox.discard(id), undefined);
  sends[0].fail(refused);
  await settled();
  assert.equal(outbox.discard(id)?.content, "a");
  assert.deepEqual(outbox.pending, []);
});

test("the wait that the server asks for is kept", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const { outbox, sends } = harness({ giveUpMs: 15_000 });
    outbox.resume();
    outbox.add("a");
    sends[0].fail(new ChatError("rate_limited", "slow down", { retry: true, retryAfterMs: 5_000 }));
    await settled();
    mock.timers.tick(4_999);
    await settled();
    assert.equal(sends.length, 1);
    // On top of the wait comes at most the first backoff, 500 ms.
    mock.timers.tick(501);
    await settled();
    assert.equal(sends.length, 2);
  } finally {
    mock.timers.reset();
  }
});

test("what was under way survives a reload under the same id, before what is new", async () => {
  const store = memoryOutbox();
  const before = harness({ store });
  await settled();
  before.outbox.resume();
  const id = before.outbox.add("a");
  assert.equal(before.sends.length, 1);
  const after = harness({ store });
  after.outbox.resume();
  after.outbox.add("b");
  await settled();
  assert.deepEqual(after.states(), ["a sending", "b waiting"]);
  assert.equal(after.sends[0].id, id);
  after.sends[0].ack();
  await settled();
  assert.deepEqual((await store.load("session", "me")).map(({ content }) => content), ["b"]);
});

test("what failed is still failed after a reload: its author decides", async () => {
  const store = memoryOutbox();
  const before = harness({ store });
  await settled();
  before.outbox.resume();
  before.outbox.add("a");
  before.sends[0].fail(refused);
  await settled();
  const after = harness({ store });
  after.outbox.resume();
  await settled();
  assert.deepEqual(after.states(), ["a failed"]);
  assert.equal(after.sends.length, 0);
});

test("a message that nobody acknowledges is given up, and its author may try again", async () => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  try {
    const { outbox, sends, states } = harness();
    const id = outbox.add("a");
    mock.timers.tick(999);
    assert.deepEqual(states(), ["a waiting"]);
    mock.timers.tick(2);
    assert.deepEqual(states(), ["a failed"]);
    assert.equal(outbox.pending[0].error?.code, "not_sent");
    outbox.resume();
    assert.equal(sends.length, 0, "it is not sent behind its author's back");
    outbox.retry(id);
    assert.equal(sends[0].id, id);
  } finally {
    mock.timers.reset();
  }
});

test("a message that is too much for today fails at once, and says why", async () => {
  const { outbox, sends, states } = harness();
  outbox.resume();
  outbox.add("a");
  sends[0].fail(new ChatError("quota_exceeded", "no more today", { retry: true, retryAfterMs: 1_001 }));
  await settled();
  assert.deepEqual(states(), ["a failed"]);
  assert.equal(outbox.pending[0].error?.code, "quota_exceeded");
});

test("a message that the server would not take in time says what the server said", async () => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  try {
    const { outbox, sends } = harness();
    outbox.resume();
    outbox.add("a");
    sends[0].fail(new ChatError("rate_limited", "slowly", { retry: true, retryAfterMs: 1_000 }));
    await settled();
    mock.timers.tick(1_001);
    assert.equal(outbox.pending[0].error?.code, "rate_limited");
    assert.equal(outbox.pending[0].refusal, undefined);
  } finally {
    mock.timers.reset();
  }
});

test("an outbox that was closed writes nothing into what the next one keeps", async () => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  try {
    const store = memoryOutbox();
    const before = harness({ store });
    await settled();
    before.outbox.add("a");
    before.outbox.close();
    const after = harness({ store });
    await settled();
    after.outbox.resume();
    after.sends[0].ack();
    await settled();
    mock.timers.tick(1_001);
    assert.deepEqual(await store.load("session", "me"), []);
  } finally {
    mock.timers.reset();
  }
});

test("what is found among the stored messages is not kept any longer", async () => {
  const store = memoryOutbox();
  const { outbox, states } = harness({ store });
  await settled();
  const id = outbox.add("a");
  outbox.add("b");
  outbox.stored(new Set([id, "another"]));
  assert.deepEqual(states(), ["b waiting"]);
  assert.deepEqual((await store.load("session", "me")).map(({ content }) => content), ["b"]);
});

test("what was written long before a reload waits for its author's word", async () => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  try {
    const store = memoryOutbox();
    const before = harness({ store });
    await settled();
    before.outbox.add("a");
    before.outbox.close();
    mock.timers.tick(50_000);
    const soon = harness({ store });
    await settled();
    assert.deepEqual(soon.states(), ["a waiting"]);
    soon.outbox.close();
    mock.timers.tick(12_000);
    const late = harness({ store });
    late.outbox.resume();
    await settled();
    assert.deepEqual(late.states(), ["a failed"]);
    assert.equal(late.outbox.pending[0].error?.code, "not_sent");
    assert.equal(late.sends.length, 0);
  } finally {
    mock.timers.reset();
  }
});
