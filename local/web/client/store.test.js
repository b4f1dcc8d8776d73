// Run with `npm test --prefix local/web` (node 20.19 or newer; nothing to install).
import assert from "node:assert/strict";
import { test } from "node:test";
import { forgetJson, storedJson } from "./store.js";

const blocked = () => {
  throw new Error("SecurityError");
};

test("where storage is blocked a value lives as long as the page, for all of its parts", () => {
  const [one, other] = [storedJson(blocked, "app.tokens", "nobody"), storedJson(blocked, "app.tokens", "nobody")];
  assert.equal(one.read(), "nobody");
  one.write("ada");
  assert.equal(other.read(), "ada");
  forgetJson(blocked, (name) => name.startsWith("app."));
  assert.equal(one.read(), "nobody");
});
