// Run with `npm test --prefix local/web` (node 20.19 or newer; nothing to install).
import assert from "node:assert/strict";
import { test } from "node:test";
import { Timeline } from "./timeline.js";

/** @param {number} seq @param {Partial<import("./types.js").Message>} [more] */
const message = (seq, more = {}) => /** @type {import("./types.js").Message} */ ({ id: `m${seq}`, seq, change: seq, content: `text ${seq}`, ...more });
const texts = (/** @type {Timeline} */ timeline) => timeline.messages.map(({ content }) => content);

/** A timeline that begins at `change` and knows nothing older. */
function begun(change = 0) {
  const timeline = new Timeline();
  timeline.begin(change);
  return timeline;
}

test("a frame that follows on moves the cursor", () => {
  const timeline = begun(4);
  timeline.apply(message(5), 4);
  assert.equal(timeline.cursor, 5);
  assert.equal(timeline.hole, false);
});

test("a frame past a hole is shown but does not move the cursor", () => {
  const timeline = begun(4);
  timeline.apply(message(6), 5);
  assert.deepEqual(texts(timeline), ["text 6"]);
  assert.equal(timeline.cursor, 4);
  assert.equal(timeline.hole, true);
});

test("a late frame closes the hole and takes its place in the order", () => {
  const timeline = begun(4);
  timeline.apply(message(7), 6);
  timeline.apply(message(6), 5);
  timeline.apply(message(5), 4);
  assert.deepEqual(texts(timeline), ["text 5", "text 6", "text 7"]);
  assert.equal(timeline.cursor, 7);
  assert.equal(timeline.hole, false);
});

test("a page closes a hole and keeps what arrived meanwhile", () => {
  const timeline = begun(4);
  timeline.apply(message(9), 8);
  timeline.apply(message(10), 9);
  timeline.applyPage([message(5), message(8)], 8);
  assert.equal(timeline.cursor, 10);
  assert.equal(timeline.hole, false);
});

test("a page that ends before the hole leaves it open", () => {
  const timeline = begun(4);
  timeline.apply(message(9), 8);
  timeline.applyPage([message(5)], 5);
  assert.equal(timeline.cursor, 5);
  assert.equal(timeline.hole, true);
});

test("the same frame twice changes nothing", () => {
  const timeline = begun(4);
  timeline.apply(message(5), 4);
  timeline.apply(message(5), 4);
  assert.deepEqual(texts(timeline), ["text 5"]);
  assert.equal(timeline.cursor, 5);
  assert.equal(timeline.hole, false);
});

test("an edit replaces the text and keeps the place", () => {
  const timeline = begun(0);
  timeline.applyPage([message(1), message(2)], 2);
  timeline.apply(message(1, { change: 3, content: "edited" }), 2);
  assert.deepEqual(texts(timeline), ["edited", "text 2"]);
  assert.equal(timeline.cursor, 3);
});

test("an older state never replaces a newer one", () => {
  const timeline = begun(0);
  timeline.apply(message(1, { change: 2, content: "edited" }), 1);
  timeline.apply(message(1), 0);
  assert.deepEqual(texts(timeline), ["edited"]);
  assert.equal(timeline.cursor, 2);
});

test("frames that came before the first load count once it begins", () => {
  const timeline = new Timeline();
  timeline.apply(message(6), 5);
  timeline.apply(message(5), 4);
  assert.equal(timeline.cursor, null);
  timeline.begin(4);
  assert.equal(timeline.cursor, 6);
  assert.equal(timeline.hole, false);
});

test("a message below the floor is hidden until its history page comes", () => {
  const timeline = begun(10);
  timeline.apply(message(3, { change: 11, content: "edited" }), 10);
  assert.deepEqual(texts(timeline), []);
  timeline.applyHistory([message(3), message(9)], false);
  assert.deepEqual(texts(timeline), ["edited", "text 9"], "the page was older than the edit");
  assert.equal(timeline.floor, 3);
});

test("a complete history page is the beginning", () => {
  const timeline = begun(1);
  timeline.applyHistory([message(1)], true);
  assert.equal(timeline.complete, true);
  assert.equal(timeline.floor, 0);
});
