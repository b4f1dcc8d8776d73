/**
 * What goes wrong with own messages: not sent, not saved, or changed by somebody else meanwhile.
 */
import { errorText } from "./format.js";
import { t } from "./words/index.js";

/** @typedef {import("../client/entries.js").Entry} Entry */

/** What is wrong with a message, in words; empty while nothing is. @param {Entry} entry */
export function trouble({ state, error, amendment, deleted }) {
  if (state === "failed") return t("notSent", { reason: errorText(error) });
  if (amendment?.state === "failed") return t(amendment.type === "edit" ? "notSaved" : "notDeleted", { reason: errorText(amendment.error) });
  if (amendment?.state !== "conflict") return "";
  if (amendment.type === "delete") return t("conflictDelete");
  return t(deleted ? "conflictDeleted" : "conflictEdit");
}

/** Tells news of trouble from what was there before. */
export class Troubles {
  /** @type {Map<string, unknown>} Key of an own message → its error, or null while all is well. */ #known = new Map();

  /** Somebody has just written a message: it may fail before it was ever drawn. @param {string} key */
  expect(key) {
    this.#known.set(key, null);
  }

  /**
   * What went wrong since the last time, each text once. Nothing of what was not known then: it failed before the page was loaded.
   *
   * @param {Entry[]} entries
   */
  news(entries) {
    const before = this.#known;
    const own = entries.filter((entry) => entry.own);
    this.#known = new Map(own.map((entry) => [entry.key, cause(entry)]));
    const fresh = own.filter((entry) => cause(entry) !== null && before.has(entry.key) && before.get(entry.key) !== cause(entry));
    return [...new Set(fresh.map(inFull))];
  }
}

/** Another try that fails has another error. @param {Entry} entry */
function cause({ error, state, amendment }) {
  if (state === "failed") return error ?? null;
  return amendment?.error ?? null;
}

/** With the author's own version, which the words announce. @param {Entry} entry */
function inFull(entry) {
  const { state, type, content } = entry.amendment ?? {};
  return state === "conflict" && type === "edit" ? `${trouble(entry)} ${content}` : trouble(entry);
}
