/**
 * The first screen: what this is, one button for everybody, and one for those who have an account.
 */
import { languageItems } from "./account.js";
import { el } from "./dom.js";
import { errorText } from "./format.js";
import { menu } from "./menu.js";
import { LANGUAGES, spoken, t } from "./words/index.js";

/**
 * @param {object} options
 * @param {string} [options.note] Why the reader is here again.
 * @param {(progress: (step: string) => void) => Promise<void>} options.begin
 * @param {() => void} options.logIn
 * @param {(language: string) => void} options.chooseLanguage
 */
export function startScreen({ note = "", begin, logIn, chooseLanguage }) {
  const language = LANGUAGES[/** @type {keyof typeof LANGUAGES} */ (spoken())];
  const status = el("p", { class: "start-status", role: "status" }, note);
  const button = el("button", { class: "button primary", type: "button", onclick: go }, t("startAsGuest"));
  const account = el("button", { class: "button", type: "button", onclick: logIn }, t("haveAccount"));

  async function go() {
    button.disabled = true;
    status.classList.remove("error");
    try {
      await begin((step) => (status.textContent = step));
    } catch (error) {
      status.textContent = errorText(error);
      status.classList.add("error");
      button.textContent = t("tryAgain");
      button.disabled = false;
      button.focus();
    }
  }

  return el(
    "div",
    { class: "start" },
    el("header", { class: "start-bar" }, menu({ label: `${t("language")}: ${language}`, face: [language], items: () => languageItems(chooseLanguage) })),
    el(
      "main",
      { class: "start-main" },
      el("img", { src: "icon.svg", alt: "", width: 56, height: 56 }),
      el("h1", {}, "Gatepost"),
      el("p", { class: "start-lead" }, t("lead")),
      el("div", { class: "start-buttons" }, button, account),
      status,
      el("p", { class: "start-small" }, t("guestNote")),
    ),
  );
}
