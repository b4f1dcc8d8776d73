/**
 * What the connection is like, and the switch that cuts it.
 */
import { el } from "./dom.js";

/** @typedef {import("../client/socket.js").Socket} Socket */

/** The states in words. */
const WORDS = { offline: "Offline", connecting: "Connecting…", online: "Online", reconnecting: "Reconnecting…" };

/**
 * @param {Socket} socket
 * @param {{name: string, announce: (text: string) => void}} options
 */
export function connectionBar(socket, { name, announce }) {
  const words = el("span", { class: "state-words" });
  const reason = el("p", { class: "state-reason" });
  const knob = el(
    "button",
    { class: "switch", type: "button", role: "switch", "aria-label": `${name} is connected`, onclick: toggle },
    el("span", { class: "switch-knob", "aria-hidden": "true" }),
  );
  const state = el("div", { class: "state" }, el("span", { class: "dot", "aria-hidden": "true" }), words, knob);
  const element = el("div", { class: "connection" }, state, reason);
  let before = "";

  function toggle() {
    if (socket.state === "offline") socket.start();
    else socket.stop();
  }

  function draw() {
    element.dataset.state = socket.state;
    words.textContent = WORDS[socket.state];
    knob.setAttribute("aria-checked", String(socket.state !== "offline"));
    knob.title = socket.state === "offline" ? "Come back" : "Go offline";
    reason.textContent = socket.error?.message ?? "";
    if (before && before !== socket.state) announce(`${name}: ${WORDS[socket.state]}`);
    before = socket.state;
  }

  socket.addEventListener("state", draw);
  draw();
  return element;
}
