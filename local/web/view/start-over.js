/**
 * The question before everything is thrown away.
 */
import { el } from "./dom.js";

/** Asks. @returns {Promise<boolean>} */
export function askToStartOver() {
  const dialog = el(
    "dialog",
    { class: "dialog", "aria-labelledby": "start-over-title" },
    el(
      "form",
      { method: "dialog" },
      el("h2", { id: "start-over-title" }, "Start over?"),
      el("p", {}, "Both guests are signed out, and this browser forgets the conversation."),
      el(
        "div",
        { class: "dialog-buttons" },
        el("button", { class: "button", value: "keep" }, "Keep it"),
        el("button", { class: "button danger", value: "over" }, "Start over"),
      ),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "over");
    });
  });
}
