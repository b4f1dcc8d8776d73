/**
 * What the local stack runs at its times, and a button to run it now. On AWS there is no such list, and no button.
 */
import { ask } from "./dialog.js";
import { el } from "./dom.js";
import { timeOfDay } from "./format.js";
import { t } from "./words/index.js";

const LIST = "/_local/schedules";

/** @typedef {{name: string, expression: string, next: string[]}} Schedule */

/** @returns {Promise<Schedule[]>} None where nobody keeps such a list. */
async function schedules() {
  const answer = await fetch(LIST).catch(() => null);
  return answer?.ok ? (await answer.json()).schedules : [];
}

/** Whether there is something to show. */
export async function hasSchedules() {
  return (await schedules()).length > 0;
}

/** Shows the list. */
export async function showSchedules() {
  const list = await schedules();
  await ask({ title: t("schedules"), content: list.map(row) });
}

/** @param {Schedule} schedule */
function row({ name, expression, next }) {
  const status = el("span", { role: "status" }, next.length > 0 ? t("nextAt", { time: timeOfDay(new Date(next[0])) }) : t("noMoreRuns"));
  const run = async () => {
    const answer = await fetch(`${LIST}/${encodeURIComponent(name)}`, { method: "POST" }).catch(() => null);
    status.textContent = t(answer?.ok ? "started" : "notTaken");
  };
  return el(
    "div",
    { class: "schedule" },
    el("div", {}, el("strong", {}, name), el("br"), `${expression}, `, status),
    el("button", { class: "button", type: "button", onclick: run }, t("runNow")),
  );
}
