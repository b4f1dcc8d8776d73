/**
 * The first screen: what this is, and one button.
 */
import { el } from "./dom.js";

/**
 * @param {object} options
 * @param {string} [options.note] Why the reader is here again.
 * @param {(progress: (step: string) => void) => Promise<void>} options.begin
 */
export function startScreen({ note = "", begin }) {
  const status = el("p", { class: "start-status", role: "status" }, note);
  const button = el("button", { class: "button primary", type: "button", onclick: go }, "Start as a guest");

  async function go() {
    button.disabled = true;
    status.classList.remove("error");
    try {
      await begin((step) => (status.textContent = step));
    } catch (error) {
      status.textContent = error instanceof Error ? error.message : String(error);
      status.classList.add("error");
      button.textContent = "Try again";
      button.disabled = false;
      button.focus();
    }
  }

  return el(
    "main",
    { class: "start" },
    el("img", { src: "icon.svg", alt: "", width: 56, height: 56 }),
    el("h1", {}, "Gatepost"),
    el(
      "p",
      { class: "start-lead" },
      "One conversation, seen from three seats: your phone, your laptop, and an assistant. Write in one, and watch the others.",
    ),
    button,
    status,
    el(
      "p",
      { class: "start-small" },
      "No account, no e-mail. The guest lives in this browser until you start over.",
    ),
  );
}
