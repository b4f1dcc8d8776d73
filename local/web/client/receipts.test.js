// Run with `npm test --prefix local/web` (node 20.19 or newer; nothing to install).
import assert from "node:assert/strict";
import { test } from "node:test";
import { ChatError } from "./errors.js";
import { ReadNotice, Receipts } from "./receipts.js";

test("a read mark only moves forward, and one's own does not count as another's", () => {
  const receipts = new Receipts();
  assert.equal(receipts.mark("me", 9), true);
  assert.equal(receipts.mark("you", 5), true);
  assert.equal(receipts.mark("you", 3), false);
  assert.equal(receipts.of("you"), 5);
  assert.deepEqual(receipts.ofOthers("me"), [5]);
  receipts.forget("you");
  assert.deepEqual(receipts.ofOthers("me"), []);
});

test("read marks are told one at a time, and those in between are skipped", async () => {
  /** @type {number[]} */ const told = [];
  /** @type {() => void} */ let answer = () => {};
  const notice = new ReadNotice((seq) => new Promise((resolve) => ((answer = () => resolve(null)), told.push(seq))));
  const telling = notice.tell(1);
  notice.tell(2);
  notice.tell(3);
  assert.deepEqual(told, [1]);
  answer();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(told, [1, 3]);
  answer();
  await telling;
  notice.tell(3);
  assert.deepEqual(told, [1, 3]);
});

test("a read mark that failed is told again", async () => {
  let tries = 0;
  const notice = new ReadNotice(async () => {
    tries += 1;
    if (tries === 1) throw new ChatError("offline", "gone", { retry: true });
  });
  await notice.tell(5);
  await notice.tell(5);
  assert.equal(tries, 2);
});
