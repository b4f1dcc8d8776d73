// Run with `npm test --prefix local/web` (node 20.19 or newer; nothing to install).
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { TypingNotice, TypingUsers } from "./typing.js";

/** @param {() => void} story */
function withClock(story) {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  try {
    story();
  } finally {
    mock.timers.reset();
  }
}

test("somebody who typed is forgotten when the notice expires", () =>
  withClock(() => {
    const typing = new TypingUsers(() => {});
    typing.set("ada", true, 5_000);
    mock.timers.tick(4_999);
    assert.deepEqual(typing.users, ["ada"]);
    mock.timers.tick(1);
    assert.deepEqual(typing.users, []);
  }));

test("a notice that arrives after its message is not believed", () =>
  withClock(() => {
    const typing = new TypingUsers(() => {});
    typing.wrote("ada");
    typing.set("ada", true, 5_000);
    assert.deepEqual(typing.users, []);
    mock.timers.tick(1_000);
    typing.set("ada", true, 5_000);
    assert.deepEqual(typing.users, ["ada"]);
  }));

test("typing is told at most every three seconds, and its end once", () =>
  withClock(() => {
    /** @type {boolean[]} */ const told = [];
    const notice = new TypingNotice((typing) => told.push(typing));
    for (let second = 0; second < 4; second += 1) {
      notice.typed();
      mock.timers.tick(1_000);
    }
    assert.deepEqual(told, [true, true]);
    mock.timers.tick(4_000);
    assert.deepEqual(told, [true, true, false]);
    notice.stopped();
    assert.deepEqual(told, [true, true, false]);
  }));
