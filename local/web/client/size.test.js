// Run with `npm test --prefix local/web` (node 20.19 or newer; nothing to install).
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

const HERE = new URL("./", import.meta.url);

/** @param {string} text */
const zipped = (text) => gzipSync(text, { level: 9 }).length;

/** @param {number[]} numbers */
const sum = (numbers) => numbers.reduce((left, right) => left + right, 0);

test("docs/CLIENT.md says how large the client is", () => {
  const names = readdirSync(HERE).filter((name) => name.endsWith(".js") && !name.endsWith(".test.js"));
  const files = [...names, "../gatepost.js"].map((name) => readFileSync(new URL(name, HERE), "utf8"));
  const whole = files.join("");
  const bare = whole.replace(/\/\*.*?\*\//gs, "").replace(/^\s*\/\/.*\n/gm, "");
  const is = [whole.length, sum(files.map(zipped)), zipped(whole), zipped(bare)];

  const docs = readFileSync(new URL("../../../docs/CLIENT.md", HERE), "utf8");
  const said = docs.match(/(\d+) files of (\d+) kB in all; gzipped, they are (\d+) kB one by one, (\d+) kB as one file, and (\d+) kB/);
  assert.ok(said, "it says so in these words");
  const [count, ...kilobytes] = said.slice(1).map(Number);
  assert.equal(count, files.length);
  for (const [index, bytes] of is.entries()) assert.ok(Math.abs(bytes / 1_000 - kilobytes[index]) < 1, `${bytes} bytes, not ${kilobytes[index]} kB`);
});
