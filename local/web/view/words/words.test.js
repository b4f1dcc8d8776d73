// Run with `npm test --prefix local/web` (node 20.19 or newer; nothing to install).
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { ar } from "./ar.js";
import { en } from "./en.js";
import { ru } from "./ru.js";

/** Named by states of the connection and by roles. */
const COMPUTED = new Set(["offline", "connecting", "online", "reconnecting", "owner", "member", "assistant"]);

const VIEW = new URL("../", import.meta.url);

/** The names in braces of a phrase, in all of its forms. @param {import("./index.js").Phrase} phrase */
function names(phrase) {
  const forms = typeof phrase === "string" ? [phrase] : Object.values(phrase);
  return new Set(forms.flatMap((form) => [...form.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)));
}

for (const [tag, words] of Object.entries({ ru, ar })) {
  test(`${tag} has every phrase of English, with the same values, and none beside`, () => {
    assert.deepEqual(Object.keys(words).sort(), Object.keys(en).sort());
    for (const [key, phrase] of Object.entries(en)) {
      assert.deepEqual([...names(words[/** @type {"lead"} */ (key)])].sort(), [...names(phrase)].sort(), key);
    }
  });

  test(`${tag} has a form for every kind of number it knows`, () => {
    const kinds = new Intl.PluralRules(tag).resolvedOptions().pluralCategories.slice().sort();
    for (const [key, phrase] of Object.entries(words)) {
      if (typeof phrase !== "string") assert.deepEqual(Object.keys(phrase).sort(), kinds, key);
    }
  });

  test(`${tag} is written in its own letters`, () => {
    const forms = Object.values(words).flatMap((phrase) => (typeof phrase === "string" ? [phrase] : Object.values(phrase)));
    for (const form of forms) assert.doesNotMatch(form.replace(/\{\w+\}/g, ""), /[A-Za-z]{2}/);
  });
}

test("every phrase is used", () => {
  const files = [...readdirSync(VIEW).map((name) => new URL(name, VIEW)), new URL("../main.js", VIEW), new URL("../demo.js", VIEW)];
  const code = files.filter(({ pathname }) => pathname.endsWith(".js")).map((file) => readFileSync(file, "utf8")).join("\n");
  for (const key of Object.keys(en)) {
    if (key.startsWith("error_") || COMPUTED.has(key)) continue;
    assert.ok(code.includes(`"${key}"`), key);
  }
});
