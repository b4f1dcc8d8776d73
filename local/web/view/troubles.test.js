// Run with `npm test --prefix local/web` (node 20.19 or newer; nothing to install).
import assert from "node:assert/strict";
import { test } from "node:test";
import { ChatError } from "../client/errors.js";
import { Troubles } from "./troubles.js";

/** @param {object} more */
const entry = (more) => /** @type {import("../client/entries.js").Entry} */ ({ key: "a", own: true, state: "sent", ...more });
const lost = () => new ChatError("not_sent", "No answer.");

test("a failure is news once, and again when another try fails", () => {
  const troubles = new Troubles();
  troubles.news([entry({ state: "sending" })]);
  const failed = entry({ state: "failed", error: lost() });
  assert.deepEqual(troubles.news([failed]), ["Not sent. No connection."]);
  assert.deepEqual(troubles.news([failed]), []);
  assert.deepEqual(troubles.news([entry({ state: "failed", error: lost() })]), ["Not sent. No connection."]);
});

test("what was refused before it was drawn is news, what an earlier page left is not", () => {
  const troubles = new Troubles();
  troubles.expect("a");
  const restored = entry({ key: "b", state: "failed", error: lost() });
  assert.deepEqual(troubles.news([restored, entry({ state: "failed", error: lost() })]), ["Not sent. No connection."]);
});

test("messages that fail together are told of once", () => {
  const troubles = new Troubles();
  troubles.news([entry({}), entry({ key: "b" })]);
  const failed = { state: "failed", error: lost() };
  assert.deepEqual(troubles.news([entry(failed), entry({ ...failed, key: "b" })]), ["Not sent. No connection."]);
});

test("a conflict is told with the author's own version", () => {
  const troubles = new Troubles();
  troubles.news([entry({})]);
  const amendment = { type: "edit", state: "conflict", content: "Mine", error: lost() };
  assert.deepEqual(troubles.news([entry({ amendment })]), ["It was changed on another device meanwhile. Your version: Mine"]);
});
