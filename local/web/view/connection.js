/**
 * What the connection is like, in a word, and the switch that cuts it.
 */
import { el } from "./dom.js";
import { errorText } from "./format.js";
import { t } from "./words/index.js";

/** @typedef {import("../client/socket.js").Socket} Socket */

/** The state in a word. @param {Socket} socket */
export function connectionWord(socket) {
  const words = el("span", { class: "state-words" });
  const element = el("p", { class: "state" }, el("span", { class: "dot", "aria-hidden": "true" }), words);
  const draw = () => {
    element.dataset.state = socket.state;
    words.textContent = t(socket.state);
  };
  socket.addEventListener("state", draw);
  draw();
  return element;
}

/**
 * @param {Socket} socket
 * @param {{name: string, announce: (text: string) => void}} options
 */
export function connectionBar(socket, { name, announce }) {
  const reason = el("p", { class: "state-reason" });
  const knob = el(
    "button",
    { class: "switch", type: "button", role: "switch", "aria-label": t("isConnected", { name }), onclick: toggle },
    el("span", { class: "switch-knob", "aria-hidden": "true" }),
  );
  const element = el("div", { class: "connection" }, el("div", { class: "state-line" }, connectionWord(socket), knob), reason);
  let before = "";

  function toggle() {
    if (socket.state === "offline") socket.start();
    else socket.stop();
  }

  function draw() {
    element.dataset.state = socket.state;
    knob.setAttribute("aria-checked", String(socket.state !== "offline"));
    knob.title = t(socket.state === "offline" ? "comeBack" : "goOffline");
    reason.textContent = socket.error ? errorText(socket.error) : "";
    if (before && before !== socket.state) announce(`${name}: ${t(socket.state)}`);
    before = socket.state;
  }

  socket.addEventListener("state", draw);
  draw();
  return element;
}
