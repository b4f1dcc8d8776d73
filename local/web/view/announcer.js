/**
 * What a screen reader says: news of the pane that was used last. Three panes show the same message; it is said once.
 */
import { el } from "./dom.js";

/** So many texts stay. A screen reader that is still at one would not say what took its place. */
const KEPT = 5;

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
      if (seat !== listening) return;
      element.append(el("p", {}, text));
      while (element.childElementCount > KEPT) element.firstElementChild?.remove();
    },
  };
}
