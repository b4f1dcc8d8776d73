/**
 * What the local stack runs at its times, and a button to run it now. On AWS there is no such list, and no button.
 */
import { el } from "./dom.js";

const LIST = "/_local/schedules";

/** @typedef {{name: string, expression: string, next: string[]}} Schedule */

/** @returns {Promise<Schedule[]>} None where nobody keeps such a list. */
async function schedules() {
  const answer = await fetch(LIST).catch(() => null);
  return answer?.ok ? (await answer.json()).schedules : [];
}

/** A button that shows itself once there is something to show. */
export function schedulesButton() {
  const button = el("button", { class: "button quiet", type: "button", hidden: true, onclick: show }, "Schedules");
  schedules().then((list) => (button.hidden = list.length === 0));
  return button;
}

async function show() {
  const list = await schedules();
  const dialog = el(
    "dialog",
    { class: "dialog", "aria-labelledby": "schedules-title" },
    el(
      "form",
      { method: "dialog" },
      el("h2", { id: "schedules-title" }, "Schedules"),
      ...list.map(row),
      el("div", { class: "dialog-buttons" }, el("button", { class: "button" }, "Close")),
    ),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

/** @param {Schedule} schedule */
function row({ name, expression, next }) {
  const status = el("span", { role: "status" }, next.length > 0 ? `next at ${time(next[0])}` : "no more runs");
  const run = async () => {
    const answer = await fetch(`${LIST}/${encodeURIComponent(name)}`, { method: "POST" }).catch(() => null);
    status.textContent = answer?.ok ? "started; its log has the result" : "the stack did not take it";
  };
  return el(
    "div",
    { class: "schedule" },
    el("div", {}, el("strong", {}, name), el("br"), `${expression}, `, status),
    el("button", { class: "button", type: "button", onclick: run }, "Run now"),
  );
}

/** @param {string} text RFC 3339. */
function time(text) {
  return new Date(text).toLocaleTimeString([], { timeStyle: "short" });
}
