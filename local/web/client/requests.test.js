// Run with `npm test --prefix local/web` (node 20.19 or newer; nothing to install).
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Requests } from "./requests.js";

test("answers find their requests in any order", async () => {
  const requests = new Requests();
  const [first, second] = [requests.add("1", 1_000), requests.add("2", 1_000)];
  assert.equal(requests.answer({ type: "ack", id: "2" }), true);
  assert.equal(requests.answer({ type: "ack", id: "1" }), true);
  assert.deepEqual([await first, await second], [{ type: "ack", id: "1" }, { type: "ack", id: "2" }]);
  assert.equal(requests.size, 0);
});

test("a frame that answers nothing is left to others", () => {
  const requests = new Requests();
  assert.equal(requests.answer({ type: "message", message: {} }), false);
  assert.equal(requests.answer({ type: "ack", id: "unknown" }), false);
  assert.equal(requests.answer({ message: "Internal server error", connectionId: "c=", requestId: "r=" }), false);
});

test("an error frame rejects with its code and its wait", async () => {
  const requests = new Requests();
  const request = requests.add("1", 1_000);
  requests.answer({ type: "error", id: "1", code: "rate_limited", message: "Slow down.", retry: true, retry_after_ms: 250 });
  await assert.rejects(request, { code: "rate_limited", message: "Slow down.", retry: true, retryAfterMs: 250 });
});

test("silence rejects after the timeout and may be retried", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const requests = new Requests();
    const request = requests.add("1", 1_000);
    mock.timers.tick(1_000);
    await assert.rejects(request, { code: "timeout", retry: true });
    assert.equal(requests.answer({ type: "ack", id: "1" }), false, "too late");
  } finally {
    mock.timers.reset();
  }
});

test("the end of the socket rejects everything", async () => {
  const requests = new Requests();
  const all = [requests.add("1", 1_000), requests.add("2", 1_000)];
  requests.failAll();
  for (const request of all) await assert.rejects(request, { code: "offline", retry: true });
});
