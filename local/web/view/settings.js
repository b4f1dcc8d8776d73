/**
 * The reader's choices: language and colours. Both are kept in this browser.
 */
import { storedJson } from "../gatepost.js";
import { speak, t } from "./words/index.js";

/** @typedef {"auto" | "light" | "dark"} Colours */

const language = storedJson(() => localStorage, "gatepost.language");
const colours = storedJson(() => localStorage, "gatepost.colours", "auto");

/** Applies what was chosen; a `?lang=` in the address counts first. */
export function applySettings() {
  const asked = new URLSearchParams(location.search).get("lang");
  speak([asked, language.read(), ...navigator.languages].filter((tag) => typeof tag === "string"));
  applyColours(colours.read());
}

/** @param {string} tag */
export function chooseLanguage(tag) {
  language.write(tag);
  const address = new URL(location.href);
  address.searchParams.delete("lang");
  history.replaceState(null, "", address);
  speak([tag]);
}

/** The colours, for a menu. */
export function colourItems() {
  const current = colours.read();
  return /** @type {const} */ ([
    ["auto", "coloursAuto"],
    ["light", "coloursLight"],
    ["dark", "coloursDark"],
  ]).map(([value, key]) => ({
    label: t(key),
    current: value === current,
    act: () => {
      colours.write(value);
      applyColours(value);
    },
  }));
}

/** @param {Colours} value */
function applyColours(value) {
  document.documentElement.style.colorScheme = value === "auto" ? "" : value;
}
