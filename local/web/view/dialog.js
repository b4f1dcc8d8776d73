/**
 * A question over the page, answered by a button. Escape, or a press beside it, cancels.
 */
import { el } from "./dom.js";
import { errorText } from "./format.js";
import { t } from "./words/index.js";

let count = 0;

/**
 * Asks. The dialog stays open, with the error, while `act` fails.
 *
 * @param {object} options
 * @param {string} options.title
 * @param {string} [options.lead]
 * @param {(Node | string)[]} [options.content]
 * @param {string} [options.ok] Without it there is nothing but to close it.
 * @param {boolean} [options.danger]
 * @param {(form: FormData) => Promise<unknown> | void} [options.act]
 * @returns {Promise<boolean>} Whether it was done.
 */
export function ask({ title, lead = "", content = [], ok, danger = false, act }) {
  const id = `dialog-${++count}`;
  const status = el("p", { class: "error", role: "alert" });
  const submit = ok ? el("button", { class: `button ${danger ? "danger" : "primary small"}`, type: "submit" }, ok) : null;
  const cancel = el("button", { class: "button", type: "button", onclick: () => dialog.close() }, t(ok ? "cancel" : "close"));
  const form = el(
    "form",
    { method: "dialog", onsubmit: go },
    el("h2", { id }, title),
    lead ? el("p", { class: "dialog-lead" }, lead) : null,
    ...content,
    status,
    el("div", { class: "dialog-buttons" }, cancel, submit),
  );
  const dialog = el("dialog", { class: "dialog", tabIndex: -1, "aria-labelledby": id }, form);
  let [done, busy] = [false, false];

  /** While it is being done, nobody can say any more that it shall not be. @param {boolean} now */
  function work(now) {
    // A disabled button loses the focus to nothing, where no key is heard.
    if (now && document.activeElement instanceof HTMLButtonElement) dialog.focus();
    busy = cancel.disabled = now;
    if (submit) submit.disabled = now;
  }

  /** @param {Event} event */
  async function go(event) {
    event.preventDefault();
    status.textContent = "";
    work(true);
    try {
      await act?.(new FormData(form));
      done = true;
      dialog.close();
    } catch (error) {
      status.textContent = errorText(error);
    } finally {
      work(false);
    }
  }

  // A text that is selected may be let go of beside the dialog; that is no press there.
  let pressed = false;
  dialog.addEventListener("pointerdown", (event) => (pressed = event.target === dialog));
  dialog.addEventListener("click", (event) => pressed && !busy && event.target === dialog && dialog.close());
  dialog.addEventListener("cancel", (event) => busy && event.preventDefault());
  // Browsers let the second Escape through whatever becomes of `cancel`.
  dialog.addEventListener("keydown", (event) => busy && event.key === "Escape" && event.preventDefault());
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(done);
    });
  });
}

/**
 * A labelled field.
 *
 * @param {string} label
 * @param {Record<string, any>} properties Of the input.
 * @param {string} [hint]
 */
export function field(label, properties, hint = "") {
  const input = el("input", { class: "input", required: true, ...properties });
  return el("label", { class: "field" }, el("span", {}, label), input, hint ? el("small", {}, hint) : null);
}
