/**
 * The three seats side by side, or, where there is no room, one at a time in a strip that can be swiped.
 */
import { announcer } from "./announcer.js";
import { el } from "./dom.js";
import { Pane } from "./pane.js";
import { Tabs } from "./tabs.js";
import { t } from "./words/index.js";

/** @typedef {import("../demo.js").Seat} Seat */

/**
 * @param {object} options
 * @param {Seat[]} options.seats
 * @param {string} options.title
 * @param {() => void} options.leave
 */
export function stage({ seats, title, leave }) {
  const live = announcer();
  const leaving = new AbortController();
  // Every other address is another page.
  window.addEventListener("hashchange", () => leaving.abort(), { once: true });
  const panes = seats.map((seat) => new Pane(seat, { announce: (text) => live.say(seat.id, text), signal: leaving.signal }));
  const strip = el("main", { class: "strip", "aria-label": title }, ...panes.map(({ element }) => element));
  const tabs = new Tabs(strip, panes);

  live.listenTo(seats[0].id);
  for (const { seat, element } of panes) element.addEventListener("focusin", () => live.listenTo(seat.id));

  return el(
    "div",
    { class: "stage" },
    el(
      "header",
      { class: "bar" },
      el("img", { src: "icon.svg", alt: "", width: 32, height: 32 }),
      el("div", { class: "bar-title" }, el("h1", {}, "Gatepost"), el("p", {}, el("bdi", {}, title))),
      el("p", { class: "bar-hint" }, t("demoHint")),
      el("button", { class: "button quiet", type: "button", onclick: leave }, t("leaveDemo")),
    ),
    tabs.element,
    strip,
    live.element,
  );
}
