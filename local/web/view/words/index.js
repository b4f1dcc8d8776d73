/**
 * What the page says, in the reader's language.
 */
import { ar } from "./ar.js";
import { en } from "./en.js";
import { ru } from "./ru.js";

/** @typedef {Partial<Record<Intl.LDMLPluralRule, string>> & {other: string}} Plural One form for each kind of number. */
/** @typedef {string | Plural} Phrase May hold `{name}`; of a plural, `count` chooses the form. */
/** @typedef {keyof typeof en} Key */

/** By language tag, each with its own name. */
export const LANGUAGES = { en: "English", ru: "Русский", ar: "العربية" };

/** @type {Record<string, Record<Key, Phrase>>} */
const WORDS = { en, ru, ar };

const RIGHT_TO_LEFT = new Set(["ar"]);

let language = "en";
let locale = "en";
let plurals = new Intl.PluralRules("en");

/**
 * Chooses the language of the page. Numbers and times keep the region of the browser where it speaks that language.
 *
 * @param {readonly string[]} wanted Language tags, the best one first.
 */
export function speak(wanted) {
  const tag = wanted.filter(isTag).find((one) => base(one) in WORDS) ?? "en";
  language = base(tag);
  locale = [tag, ...navigator.languages].filter(isTag).find((one) => base(one) === language && one.includes("-")) ?? language;
  plurals = new Intl.PluralRules(locale);
  document.documentElement.lang = locale;
  document.documentElement.dir = RIGHT_TO_LEFT.has(language) ? "rtl" : "ltr";
}

/** The language that was chosen. */
export function spoken() {
  return language;
}

/** For `Intl`. */
export function readersLocale() {
  return locale;
}

/**
 * One phrase.
 *
 * @param {Key} key
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function t(key, values = {}) {
  const phrase = WORDS[language][key];
  const text = typeof phrase === "string" ? phrase : (phrase[plurals.select(Number(values.count))] ?? phrase.other);
  return text.replace(/\{(\w+)\}/g, (_, name) => (typeof values[name] === "number" ? number(values[name]) : isolated(String(values[name]))));
}

/** What is said within a phrase may run the other way. @param {string} text */
function isolated(text) {
  return RIGHT_TO_LEFT.has(language) ? `\u2068${text}\u2069` : text;
}

/** @param {number} value */
function number(value) {
  return new Intl.NumberFormat(locale).format(value);
}

/** Browsers name locales of the system that are no language tags, such as `en-US@posix`. @param {string} tag */
function isTag(tag) {
  try {
    return Intl.getCanonicalLocales(tag).length > 0;
  } catch {
    return false;
  }
}

/** @param {string} tag */
function base(tag) {
  return tag.split("-", 1)[0].toLowerCase();
}
