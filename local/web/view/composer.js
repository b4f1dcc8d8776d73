/**
 * Where a message is written, or written anew. Enter sends, Shift+Enter makes a new line, Escape ends an edit, and the up arrow
 * in an empty field edits the message before.
 */
import { MAX_CONTENT_BYTES, contentBytes } from "../gatepost.js";
import { el } from "./dom.js";
import { t } from "./words/index.js";

/**
 * @typedef {object} Draft What is in the field.
 * @property {string} text
 * @property {{id: string, draft: string} | null} editing The message that is being edited, and what was being written before.
 */

/** From this share of the limit on, the size is shown. */
const WARN_SHARE = 0.9;

/** The `keyCode` of a key that an input method has taken (UI Events, "Legacy Key Attributes"). */
const INPUT_METHOD = 229;

/** The text field of one conversation. */
export class Composer {
  /** @type {import("../client/session.js").Session} */ #session;
  #hint = el("p", { class: "composer-hint", role: "status" });
  #send = el("button", { class: "send", type: "submit", "aria-label": t("send"), title: t("send") }, arrow());
  #editBar = el("div", { class: "edit-bar", hidden: true });
  /** @type {Draft["editing"]} */ #editing = null;
  /** @type {HTMLTextAreaElement} */ #text;
  #field = el("div", { class: "composer-field" });
  /** The width and the text for which the field's height was measured. */ #fitted = "";
  /** @type {(key: string) => void} */ #sent;

  /**
   * @param {import("../client/session.js").Session} session
   * @param {{label: string, sent: (key: string) => void}} options `sent` is called after the author has sent something.
   */
  constructor(session, { label, sent }) {
    this.#session = session;
    this.#sent = sent;
    this.#text = el("textarea", {
      rows: 1,
      dir: "auto",
      placeholder: t("write"),
      enterKeyHint: "send",
      "aria-label": label,
      oninput: () => this.#typed(),
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.#key(event),
    });
    const cancel = el("button", { class: "link", type: "button", onclick: () => this.#endEdit() }, t("cancel"));
    this.#editBar.append(el("span", {}, t("editing")), cancel);
    this.#field.append(this.#text, this.#send);
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
      this.#editBar,
      this.#field,
      this.#hint,
    );
    this.#draw();
  }

  /** Whether anything can be written: not in a session that is over. @param {boolean} usable */
  set usable(usable) {
    this.#text.disabled = !usable;
    this.element.hidden = !usable;
    this.#draw();
  }

  /** What is being written, for the next time that the session is shown. */
  get draft() {
    return { text: this.#text.value, editing: this.#editing };
  }

  /** Goes on with what was being written. To be set once the field is in the document, where it has a height. */
  set draft({ text, editing }) {
    this.#text.value = text;
    this.#editing = editing;
    this.#editBar.hidden = editing === null;
    this.#draw();
  }

  /** Puts the cursor here. */
  focus() {
    this.#text.focus();
  }

  /** Puts a text back that could not be sent. What is being written is kept; during an edit, so is this. @param {string} text */
  put(text) {
    const above = (/** @type {string} */ draft) => (draft ? `${text}\n${draft}` : text);
    if (this.#editing) this.#editing.draft = above(this.#editing.draft);
    else this.#text.value = above(this.#text.value);
    this.#draw();
    this.#text.focus();
  }

  /** Begins to write a message anew. @param {import("../client/entries.js").Entry} entry */
  edit({ id, content }) {
    if (id === null) return;
    this.#editing = { id, draft: this.#editing?.draft ?? this.#text.value };
    this.#editBar.hidden = false;
    this.#text.value = content;
    this.#draw();
    this.#text.focus();
  }

  #endEdit() {
    this.#text.value = this.#editing?.draft ?? "";
    this.#editing = null;
    this.#editBar.hidden = true;
    this.#draw();
    this.#text.focus();
  }

  #typed() {
    if (!this.#editing) this.#session.typed(this.#text.value.trim() !== "");
    this.#draw();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    // While an input method composes, Enter chooses a candidate. Safari ends the composition first, and leaves the code.
    if (event.isComposing || event.keyCode === INPUT_METHOD) return;
    if (event.key === "Escape" && this.#editing) return this.#endEdit();
    if (event.key === "ArrowUp" && this.#text.value === "" && !this.#editing) return this.#editLast(event);
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    this.#submit();
  }

  /** @param {Event} event */
  #editLast(event) {
    const last = this.#session.entries.findLast(({ own, id, deleted, amendment }) => own && id !== null && !deleted && !amendment);
    if (!last) return;
    event.preventDefault();
    this.edit(last);
  }

  #submit() {
    const text = this.#text.value.trim();
    if (!this.#sendable(text)) return;
    if (this.#editing) {
      // What was not taken stays here, the only place where it is.
      if (this.#session.edit(this.#editing.id, text)) this.#endEdit();
      return;
    }
    const key = this.#session.send(text);
    this.#text.value = "";
    this.#draw();
    this.#sent(key);
    this.#text.focus();
  }

  /** @param {string} text */
  #sendable(text) {
    return !this.#text.disabled && text !== "" && contentBytes(text) <= MAX_CONTENT_BYTES;
  }

  #draw() {
    const text = this.#text.value.trim();
    const bytes = contentBytes(text);
    this.#send.disabled = !this.#sendable(text);
    this.#hint.classList.toggle("error", bytes > MAX_CONTENT_BYTES);
    this.#hint.textContent = bytes > MAX_CONTENT_BYTES * WARN_SHARE ? t("tooLong", { count: bytes, limit: MAX_CONTENT_BYTES }) : "";
    this.#fit();
  }

  /** Makes the field as high as its text. */
  #fit() {
    const { value, clientWidth } = this.#text;
    const fitted = `${clientWidth} ${value}`;
    if (fitted === this.#fitted || clientWidth === 0) return;
    this.#fitted = fitted;
    // Measured, the text is one line high. The list above must not grow for that moment: it would be pushed off its end.
    this.#field.style.minHeight = `${this.#field.offsetHeight}px`;
    this.#text.style.height = "";
    if (value !== "") this.#text.style.height = `${this.#text.scrollHeight}px`;
    this.#field.style.minHeight = "";
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
