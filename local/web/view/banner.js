/**
 * What stands above the messages while there is no connection: what that means, and how to end it.
 */
import { el } from "./dom.js";
import { errorText } from "./format.js";
import { t } from "./words/index.js";

/** A connection that comes back sooner is not worth a word. In milliseconds. */
const PATIENCE_MS = 800;

/**
 * @param {import("../client/socket.js").Socket} socket
 * @param {object} options
 * @param {() => void} options.leave Takes over the focus when the banner goes with it.
 * @param {AbortSignal} options.signal Aborted when it is not shown any more.
 */
export function banner(socket, { leave, signal }) {
  const words = el("span", {});
  const again = el("button", { class: "link", type: "button", onclick: retry }, t("tryAgain"));
  const element = el("div", { class: "banner", role: "status", hidden: true }, words, again);
  /** @type {any} */ let timer = null;

  function retry() {
    if (socket.state === "offline") socket.start();
    else socket.check();
  }

  function draw() {
    clearTimeout(timer);
    const quiet = socket.state === "online" || socket.state === "connecting";
    if (quiet) hide();
    else timer = setTimeout(show, element.hidden ? PATIENCE_MS : 0);
  }

  function hide() {
    if (element.contains(document.activeElement)) leave();
    element.hidden = true;
  }

  function show() {
    element.hidden = false;
    words.textContent = text();
  }

  function text() {
    if (navigator.onLine === false) return t("bannerOffline");
    if (socket.state !== "offline") return t("bannerReconnecting");
    return socket.error ? errorText(socket.error) : t("bannerStopped");
  }

  socket.addEventListener("state", draw, { signal });
  window.addEventListener("online", draw, { signal });
  window.addEventListener("offline", draw, { signal });
  draw();
  return element;
}
