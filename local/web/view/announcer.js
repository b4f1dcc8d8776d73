/**
 * What a screen reader says: news of the pane that was used last. Three panes show the same message; it is said once.
 */
import { el } from "./dom.js";

/** Makes the announcer; its element goes anywhere in the page. */
export function announcer() {
  const element = el("div", { class: "hidden", "aria-live": "polite" });
  let listening = "";
  return {
    element,
    /** @param {string} seat */
    listenTo(seat) {
      listening = seat;
    },
    /**
     * @param {string} seat
     * @param {string} text
     */
    say(seat, text) {
      if (seat === listening) element.replaceChildren(el("p", {}, text));
    },
  };
}
