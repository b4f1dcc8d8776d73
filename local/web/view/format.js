/**
 * Times, names and errors in words, as the reader's locale has them.
 */
import { readersLocale, t } from "./words/index.js";

/** @typedef {import("./words/index.js").Key} Key */

/** @type {Intl.DateTimeFormatOptions} */
const CLOCK = { hour: "numeric", minute: "2-digit" };
/** @type {Intl.DateTimeFormatOptions} */
const PRECISE = { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, hour12: false };
/** @type {Intl.DateTimeFormatOptions} */
const FULL = { dateStyle: "full", timeStyle: "medium" };
/** @type {Intl.DateTimeFormatOptions} */
const DATE = { weekday: "long", day: "numeric", month: "long" };
/** @type {Intl.DateTimeFormatOptions} */
const SHORT_DATE = { day: "numeric", month: "short" };

/** @type {Map<string, Intl.DateTimeFormat>} */ const formats = new Map();

const [MINUTE_MS, HOUR_MS, DAY_MS] = [60_000, 3_600_000, 86_400_000];

/** Roles that have a name. @type {Set<string>} */
const ROLES = new Set(["owner", "member", "assistant"]);

/** Errors that only the client makes. @type {Set<string>} */
const ERRORS = new Set(["unreachable", "offline", "timeout", "bad_answer", "not_sent", "session_deleted", "removed", "signed_out"]);

/** The time of day. @param {Date} time */
export function timeOfDay(time) {
  return formatted(time, CLOCK);
}

/** The time of day, to the millisecond. @param {Date} time */
export function preciseTime(time) {
  return formatted(time, PRECISE);
}

/** Date and time, for a tooltip. @param {Date} time */
export function fullTime(time) {
  return formatted(time, FULL);
}

/**
 * How long ago, shortly: by minutes and hours, then by days, then by date.
 *
 * @param {Date} time
 * @param {number} now Unix milliseconds, by the server's clock.
 */
export function ago(time, now) {
  const relative = new Intl.RelativeTimeFormat(readersLocale(), { numeric: "auto", style: "short" });
  const past = Math.max(0, now - time.getTime());
  if (past < MINUTE_MS) return relative.format(0, "second");
  if (past < HOUR_MS) return relative.format(-Math.floor(past / MINUTE_MS), "minute");
  if (past < DAY_MS) return relative.format(-Math.floor(past / HOUR_MS), "hour");
  if (past < 7 * DAY_MS) return relative.format(-Math.floor(past / DAY_MS), "day");
  return formatted(time, SHORT_DATE);
}

/**
 * A name for the calendar day of a time: today and yesterday by name.
 *
 * @param {Date} time
 * @param {number} now Unix milliseconds, by the server's clock.
 */
export function dayName(time, now) {
  const days = Math.round((midnight(time) - midnight(new Date(now))) / DAY_MS);
  const near = days === 0 || days === -1;
  const relative = new Intl.RelativeTimeFormat(readersLocale(), { numeric: "auto" });
  return capitalised(near ? relative.format(days, "day") : formatted(time, DATE));
}

/** A key for the calendar day of a time, where the reader is. @param {Date} time */
export function dayKey(time) {
  return `${time.getFullYear()}-${time.getMonth() + 1}-${time.getDate()}`;
}

/** A role as a label. @param {string} role */
export function roleName(role) {
  return t(ROLES.has(role) ? /** @type {Key} */ (role) : "somebody");
}

/**
 * What went wrong, for people. The server speaks the reader's language itself.
 *
 * @param {unknown} error
 */
export function errorText(error) {
  const { code, message } = /** @type {{code?: string, message?: string}} */ (error ?? {});
  if (code !== undefined && ERRORS.has(code)) return t(/** @type {Key} */ (`error_${code}`));
  return code !== undefined && message ? message : t("error_unknown");
}

/**
 * @param {Date} time
 * @param {Intl.DateTimeFormatOptions} options
 */
function formatted(time, options) {
  const key = readersLocale() + JSON.stringify(options);
  const format = formats.get(key) ?? new Intl.DateTimeFormat(readersLocale(), options);
  formats.set(key, format);
  return format.format(time);
}

/** @param {Date} time */
function midnight(time) {
  return new Date(time.getFullYear(), time.getMonth(), time.getDate()).getTime();
}

/** @param {string} text */
function capitalised(text) {
  return text.charAt(0).toLocaleUpperCase(readersLocale()) + text.slice(1);
}
