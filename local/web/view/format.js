/**
 * Times and names in words, as the reader's locale has them.
 */

const clock = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const clockWithMillis = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
  hour12: false,
});
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const date = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });

/** The time of day. @param {Date} time */
export function timeOfDay(time) {
  return clock.format(time);
}

/** The time of day, to the millisecond. @param {Date} time */
export function preciseTime(time) {
  return clockWithMillis.format(time);
}

/** Date and time, for a tooltip. @param {Date} time */
export function fullTime(time) {
  return full.format(time);
}

/** A name for the calendar day of a time: today and yesterday by name. @param {Date} time */
export function dayName(time) {
  const days = Math.round((midnight(time) - midnight(new Date())) / 86_400_000);
  return capitalised(days === 0 || days === -1 ? relative.format(days, "day") : date.format(time));
}

/** A key for the calendar day of a time, where the reader is. @param {Date} time */
export function dayKey(time) {
  return `${time.getFullYear()}-${time.getMonth() + 1}-${time.getDate()}`;
}

/** A role as a label. @param {string} role */
export function roleName(role) {
  return role ? capitalised(role) : "Somebody";
}

/** @param {Date} time */
function midnight(time) {
  return new Date(time.getFullYear(), time.getMonth(), time.getDate()).getTime();
}

/** @param {string} text */
function capitalised(text) {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}
