/**
 * Signing up, logging in and logging out.
 */
import { ask, field } from "./dialog.js";
import { LANGUAGES, spoken, t } from "./words/index.js";

/** @typedef {import("../client/api.js").Api} Api */

/** The server's limits, in characters. */
const [PASSWORD_LEAST, PASSWORD_MOST] = [8, 256];

/** @param {Api} api @returns {Promise<boolean>} Whether an account was made. */
export function signUp(api) {
  const content = [email(), password("new-password", t("passwordHint"))];
  const act = (/** @type {FormData} */ form) => api.signUp({ ...account(form), locale: spoken() });
  return ask({ title: t("signUp"), lead: api.userId ? t("signUpLead") : "", content, ok: t("signUp"), act });
}

/** @param {Api} api @returns {Promise<boolean>} Whether somebody is signed in now. */
export function logIn(api) {
  const content = [email(), password("current-password", "")];
  const act = (/** @type {FormData} */ form) => api.logIn(account(form));
  return ask({ title: t("logIn"), lead: api.userId ? t("logInLead") : "", content, ok: t("logIn"), act });
}

/** @param {boolean} guest @returns {Promise<boolean>} Whether the user wants to. */
export function wantsLogOut(guest) {
  return ask({ title: t("logOutQuestion"), lead: t(guest ? "logOutGuest" : "logOutAccount"), ok: t("logOut"), danger: true });
}

/** The languages, for a menu. @param {(language: string) => void} choose */
export function languageItems(choose) {
  return Object.entries(LANGUAGES).map(([tag, label]) => ({ label, act: () => choose(tag), current: tag === spoken() }));
}

function email() {
  return field(t("email"), { name: "email", type: "email", autocomplete: "username", dir: "ltr" });
}

/**
 * @param {AutoFill} autocomplete
 * @param {string} hint
 */
function password(autocomplete, hint) {
  const limits = { minLength: PASSWORD_LEAST, maxLength: PASSWORD_MOST };
  return field(t("password"), { name: "password", type: "password", autocomplete, dir: "ltr", ...limits }, hint);
}

/** @param {FormData} form */
function account(form) {
  return { email: String(form.get("email")), password: String(form.get("password")) };
}
