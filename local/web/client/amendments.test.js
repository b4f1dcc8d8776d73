// Run with `npm test --prefix local/web` (node 20.19 or newer; nothing to install).
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Amendments } from "./amendments.js";
import { ChatError } from "./errors.js";

/** Amendments whose requests the test answers by hand. */
function harness() {
  /** @type {any[]} */ const requests = [];
  /** @type {any[]} */ const acks = [];
  /** @type {any[]} */ const conflicts = [];
  const amendments = new Amendments({
    request: (frame) => new Promise((resolve, reject) => requests.push({ frame, resolve, reject })),
    acked: (ack) => acks.push(ack),
    conflicted: (current) => conflicts.push(current),
    changed: () => {},
    giveUpMs: 1_000,
  });
  return { amendments, requests, acks, conflicts };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));
const message = /** @type {any} */ ({ id: "m", rev: 3, content: "old" });
const lost = new ChatError("timeout", "gone", { retry: true });

test("an edit names the revision that its author saw, and is gone with its ack", async () => {
  const { amendments, requests, acks } = harness();
  amendments.resume();
  amendments.ask(message, "edit", "new");
  const { type, message_id, rev, content } = requests[0].frame;
  assert.deepEqual({ type, message_id, rev, content }, { type: "edit", message_id: "m", rev: 3, content: "new" });
  assert.equal(amendments.of("m")?.state, "saving");
  requests[0].resolve({ message: { id: "m", rev: 4 } });
  await settled();
  assert.equal(acks.length, 1);
  assert.equal(amendments.of("m"), undefined);
});

test("a lost race leaves the author's text beside the message as it is", async () => {
  const { amendments, requests, conflicts } = harness();
  amendments.resume();
  amendments.ask(message, "edit", "mine");
  requests[0].reject(new ChatError("conflict", "somebody was quicker", { current: { id: "m", rev: 4, content: "theirs" } }));
  await settled();
  assert.equal(amendments.of("m")?.state, "conflict");
  assert.equal(amendments.of("m")?.content, "mine");
  assert.equal(conflicts[0].content, "theirs");
});

test("deleting what somebody else has deleted is no conflict", async () => {
  const { amendments, requests, conflicts } = harness();
  amendments.resume();
  amendments.ask(message, "delete");
  requests[0].reject(new ChatError("conflict", "gone", { current: { id: "m", rev: 4, deleted_at: "2026-11-24T10:00:00Z" } }));
  await settled();
  assert.equal(amendments.of("m"), undefined);
  assert.equal(conflicts.length, 1);
});

test("a lost answer is asked for again under the same id, and given up in the end", async () => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  try {
    const { amendments, requests } = harness();
    amendments.resume();
    amendments.ask(message, "edit", "new");
    requests[0].reject(lost);
    await settled();
    mock.timers.tick(500);
    assert.equal(requests[1].frame.id, requests[0].frame.id);
    mock.timers.tick(1_000);
    requests[1].reject(lost);
    await settled();
    assert.equal(amendments.of("m")?.state, "failed");
  } finally {
    mock.timers.reset();
  }
});

test("an edit that may be tried again much later fails at once", async () => {
  const { amendments, requests } = harness();
  amendments.resume();
  amendments.ask(message, "edit", "new");
  requests[0].reject(new ChatError("rate_limited", "much later", { retry: true, retryAfterMs: 3_600_000 }));
  await settled();
  assert.equal(amendments.of("m")?.state, "failed");
});

test("an edit that was asked for while offline is given up in its time, and not sent later", async () => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  try {
    const { amendments, requests } = harness();
    amendments.hold();
    mock.timers.tick(600);
    amendments.ask(message, "edit", "new");
    mock.timers.tick(600);
    amendments.ask({ ...message, id: "another" }, "delete");
    mock.timers.tick(500);
    assert.deepEqual(["m", "another"].map((id) => amendments.of(id)?.state), ["failed", "saving"]);
    mock.timers.tick(600);
    assert.equal(amendments.of("another")?.state, "failed");
    amendments.resume();
    assert.deepEqual(requests, []);
  } finally {
    mock.timers.reset();
  }
});

test("a machine that slept over the time of an edit does not send it on waking", () => {
  mock.timers.enable({ apis: ["Date"] });
  try {
    const { amendments, requests } = harness();
    amendments.hold();
    amendments.ask(message, "edit", "new");
    mock.timers.setTime(3_600_000);
    amendments.resume();
    assert.equal(amendments.of("m")?.state, "failed");
    assert.deepEqual(requests, []);
    amendments.close();
  } finally {
    mock.timers.reset();
  }
});

test("closed, they leave no timer behind", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const clear = mock.method(globalThis, "clearTimeout");
  const set = mock.method(globalThis, "setTimeout");
  try {
    const { amendments } = harness();
    amendments.ask(message, "edit", "new");
    amendments.hold();
    amendments.close();
    const cleared = clear.mock.calls.map(({ arguments: [timer] }) => timer);
    for (const { result } of set.mock.calls) assert.ok(cleared.includes(result));
    assert.ok(set.mock.callCount() > 0);
  } finally {
    mock.restoreAll();
    mock.timers.reset();
  }
});
