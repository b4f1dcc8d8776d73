// Run with `npm test --prefix local/web` (node 20.19 or newer; nothing to install).
import assert from "node:assert/strict";
import { test } from "node:test";
import { contentBytes } from "./content.js";

test("the size of a text is its size in JSON, in UTF-8", () => {
  assert.equal(contentBytes("kettle"), 6);
  assert.equal(contentBytes('"\n'), 4);
  assert.equal(contentBytes("é🙂"), 6);
});
