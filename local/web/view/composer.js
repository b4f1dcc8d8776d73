/**
 * Where a message is written. Enter sends, Shift+Enter makes a new line.
 */
import { MAX_CONTENT_BYTES, contentBytes } from "../client/index.js";
import { el } from "./dom.js";

/** From this share of the limit on, the size is shown. */
const WARN_SHARE = 0.9;

const number = new Intl.NumberFormat();

/** The text field of one pane. */
export class Composer {
  /** @type {import("../client/session.js").Session} */ #session;
  #hint = el("p", { class: "composer-hint", role: "status" });
  #send = el("button", { class: "send", type: "submit", "aria-label": "Send", title: "Send (Enter)" }, arrow());
  /** @type {HTMLTextAreaElement} */ #text;

  /** @type {() => void} */ #sent;

  /**
   * @param {import("../client/session.js").Session} session
   * @param {{label: string, sent: () => void}} options `sent` is called after the author has sent something.
   */
  constructor(session, { label, sent }) {
    this.#session = session;
    this.#sent = sent;
    this.#text = el("textarea", {
      rows: 1,
      placeholder: "Write a message",
      enterKeyHint: "send",
      "aria-label": label,
      oninput: () => this.#typed(),
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.#key(event),
    });
    /** @readonly */
    this.element = el(
      "form",
      {
        class: "composer",
        onsubmit: (/** @type {Event} */ event) => {
          event.preventDefault();
          this.#submit();
        },
      },
      el("div", { class: "composer-field" }, this.#text, this.#send),
      this.#hint,
    );
    this.#draw();
  }

  /** Whether anything can be written: not in a session that is over. @param {boolean} usable */
  set usable(usable) {
    this.#text.disabled = !usable;
  }

  /** Puts a text back that could not be sent. What is being written is kept. @param {string} text */
  put(text) {
    this.#text.value = this.#text.value ? `${text}\n${this.#text.value}` : text;
    this.#draw();
    this.#text.focus();
  }

  #typed() {
    this.#session.typed(this.#text.value.trim() !== "");
    this.#draw();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    // While an input method composes, Enter chooses a candidate.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.#submit();
  }

  #submit() {
    const text = this.#text.value;
    if (!this.#sendable(text)) return;
    this.#session.send(text.trim());
    this.#sent();
    this.#text.value = "";
    this.#draw();
    this.#text.focus();
  }

  /** @param {string} text */
  #sendable(text) {
    return text.trim() !== "" && contentBytes(text.trim()) <= MAX_CONTENT_BYTES;
  }

  #draw() {
    const text = this.#text.value;
    const bytes = contentBytes(text.trim());
    this.#send.disabled = !this.#sendable(text);
    this.#hint.classList.toggle("error", bytes > MAX_CONTENT_BYTES);
    this.#hint.textContent =
      bytes > MAX_CONTENT_BYTES * WARN_SHARE ? `${number.format(bytes)} of ${number.format(MAX_CONTENT_BYTES)} bytes` : "";
    this.#text.style.height = "";
    if (text !== "") this.#text.style.height = `${this.#text.scrollHeight}px`;
  }
}

function arrow() {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", "M12 19V6M6 11l6-6 6 6");
  svg.append(path);
  return svg;
}
