// Run with `npm test --prefix local/web` (node 20.19 or newer; nothing to install).
import assert from "node:assert/strict";
import { test } from "node:test";
import { Receipts } from "./receipts.js";

test("a read mark only moves forward, and one's own does not count as another's", () => {
  const receipts = new Receipts();
  assert.equal(receipts.mark("me", 9), true);
  assert.equal(receipts.mark("you", 5), true);
  assert.equal(receipts.mark("you", 3), false);
  assert.equal(receipts.of("you"), 5);
  assert.equal(receipts.byOthers("me"), 5);
});
