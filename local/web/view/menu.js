/**
 * A button with a menu below it. Arrow keys go through the items, Escape closes it.
 */
import { el } from "./dom.js";

/** @typedef {{label: string, act: () => void, danger?: boolean, current?: boolean} | {heading: string}} Item */

/**
 * @param {object} options
 * @param {string} options.label
 * @param {(Node | string)[]} options.face What the button shows.
 * @param {() => Item[]} options.items Asked whenever it opens.
 */
export function menu({ label, face, items }) {
  const list = el("div", { class: "menu-list", role: "menu", hidden: true, onkeydown: move });
  const button = el(
    "button",
    { class: "menu-button", type: "button", "aria-label": label, title: label, "aria-haspopup": "menu", "aria-expanded": "false", onclick: toggle },
    ...face,
  );
  const element = el("div", { class: "menu" }, button, list);

  function toggle() {
    if (!list.hidden) return close();
    list.replaceChildren(...items().map(entry));
    list.hidden = false;
    button.setAttribute("aria-expanded", "true");
    buttons()[0]?.focus();
    document.addEventListener("pointerdown", outside, true);
    document.addEventListener("keydown", escape);
  }

  function close() {
    list.hidden = true;
    button.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", outside, true);
    document.removeEventListener("keydown", escape);
  }

  /** @param {Event} event */
  function outside(event) {
    if (!element.contains(/** @type {Node} */ (event.target))) close();
  }

  /** Wherever the focus is. @param {KeyboardEvent} event */
  function escape({ key }) {
    if (key !== "Escape") return;
    close();
    button.focus();
  }

  /** @param {Item} item */
  function entry(item) {
    if ("heading" in item) return el("p", { class: "menu-heading", role: "presentation" }, item.heading);
    const { label, act, danger = false, current } = item;
    const role = current === undefined ? "menuitem" : "menuitemradio";
    const state = current === undefined ? {} : { "aria-checked": String(current) };
    const choose = () => {
      close();
      button.focus();
      act();
    };
    return el("button", { class: danger ? "menu-item danger" : "menu-item", type: "button", role, ...state, tabIndex: -1, onclick: choose }, label);
  }

  /** @returns {HTMLElement[]} */
  function buttons() {
    return [...list.querySelectorAll("button")];
  }

  /** @param {KeyboardEvent} event */
  function move(event) {
    const all = buttons();
    const at = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const to = { ArrowDown: at + 1, ArrowUp: at - 1 + all.length, Home: 0, End: all.length - 1 }[event.key];
    if (event.key === "Tab") {
      close();
      button.focus();
    } else if (to !== undefined) {
      event.preventDefault();
      all[to % all.length]?.focus();
    }
  }

  return element;
}
