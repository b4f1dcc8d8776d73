// Run with `npm test --prefix local/web` (node 20.19 or newer; nothing to install).
import assert from "node:assert/strict";
import { test } from "node:test";
import { sameSession, uuidV7 } from "./ids.js";

test("a UUID v7 carries its time, its version and its variant", () => {
  const now = Date.UTC(2026, 10, 23, 10);
  const id = uuidV7(now);
  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(parseInt(id.replaceAll("-", "").slice(0, 12), 16), now);
  assert.notEqual(uuidV7(now), id);
});

test("session ids are the same whatever key signed them", () => {
  assert.equal(sameSession("0192.k1.abc", "0192.k2.def"), true);
  assert.equal(sameSession("0192.k1.abc", "0193.k1.abc"), false);
});
