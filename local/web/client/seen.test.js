// Run with `npm test --prefix local/web` (node 20.19 or newer; nothing to install).
import assert from "node:assert/strict";
import { test } from "node:test";
import { SeenMarks } from "./seen.js";

const other = (/** @type {number} */ seq) => ({ seq, own: false, deleted: false });
const own = (/** @type {number} */ seq) => ({ seq, own: true, deleted: false });

test("the mark moves over what was seen, and stops at what was not", () => {
  const marks = new SeenMarks();
  const entries = [other(1), other(2), other(3), other(4)];
  marks.add(2);
  marks.add(4);
  assert.equal(marks.reach(0, entries, 0), 0);
  marks.add(1);
  assert.equal(marks.reach(0, entries, 0), 2);
  marks.add(3);
  assert.equal(marks.reach(2, entries, 0), 4);
});

test("own and deleted messages need not be seen, and unsent ones end it", () => {
  const marks = new SeenMarks();
  const unsent = { seq: null, own: true, deleted: false };
  marks.add(3);
  assert.equal(marks.reach(0, [own(1), { seq: 2, own: false, deleted: true }, other(3), unsent], 0), 3);
});

test("what is not loaded was not seen", () => {
  const marks = new SeenMarks();
  marks.add(9);
  assert.equal(marks.reach(2, [other(9)], 9), 2);
  assert.equal(marks.reach(8, [other(9)], 9), 9);
});
