// Run with `npm test --prefix local/web` (node 20.19 or newer; nothing to install).
import assert from "node:assert/strict";
import { test } from "node:test";
import { backoff } from "./backoff.js";

test("backoff doubles its ceiling up to 30 seconds and adds to what the server asked for", () => {
  const random = () => 1;
  assert.deepEqual([1, 2, 3, 6, 7, 50].map((failures) => backoff(failures, { random })), [500, 1000, 2000, 16000, 30000, 30000]);
  assert.equal(backoff(5, { random: () => 0 }), 0);
  assert.equal(backoff(1, { random, atLeastMs: 4000 }), 4500);
});
