/**
 * The last frames that passed, for developers.
 */
import { el } from "./dom.js";
import { preciseTime } from "./format.js";
import { t } from "./words/index.js";

/** How many are kept. */
const KEPT = 50;

/** What stands before a frame, and what a screen reader says instead. */
const DIRECTIONS = /** @type {const} */ ({
  in: { sign: "↓", key: "frameIn" },
  out: { sign: "↑", key: "frameOut" },
  note: { sign: "·", key: "frameNote" },
});

/** @typedef {{direction: keyof typeof DIRECTIONS, text: string, at: number}} Passed */

/**
 * @param {import("../client/socket.js").Socket} socket
 * @param {string} name
 */
export function inspector(socket, name) {
  const count = el("span", { class: "frames-count" }, "0");
  const list = el("ol", { class: "frames-list", "aria-label": t("framesOf", { name }) });
  let passed = 0;

  socket.addEventListener("wire", (event) => {
    passed += 1;
    count.textContent = String(passed);
    list.prepend(row(/** @type {CustomEvent<Passed>} */ (event).detail));
    if (list.children.length > KEPT) list.lastElementChild?.remove();
  });

  return el("details", { class: "frames" }, el("summary", {}, t("frames"), " ", count), list);
}

/** @param {Passed} passed */
function row({ direction, text, at }) {
  const { sign, key } = DIRECTIONS[direction];
  const frame = direction === "note" ? null : parsed(text);
  const line = [
    el("span", { class: "frame-sign", "aria-label": t(key), role: "img" }, sign),
    el("time", { dateTime: new Date(at).toISOString() }, preciseTime(new Date(at))),
    el("span", { class: "frame-type" }, frame ? (frame.type ?? "gateway") : text),
  ];
  if (!frame) return el("li", { class: "frame", "data-direction": direction }, el("div", { class: "frame-line" }, ...line));
  return el(
    "li",
    { class: "frame", "data-direction": direction },
    el("details", {}, el("summary", { class: "frame-line" }, ...line), el("pre", { tabIndex: 0, dir: "ltr" }, JSON.stringify(frame, null, 2))),
  );
}

/** @param {string} text @returns {Record<string, any> | null} */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
