/**
 * A long list of which only what is near the screen is in the document. The reader stays where they are: at the end, if they
 * were at the end; otherwise at the row that they were reading, whatever comes above or below it.
 */
import { arrange } from "./dom.js";

/** So much above and below the screen is in the document as well, in CSS pixels. */
const MARGIN_PX = 800;

/** Closer to the end than this counts as the end, in CSS pixels. */
const NEAR_END_PX = 48;

/** A row that was never measured is taken to be so high, in CSS pixels. */
const GUESS_PX = 56;

/** Measuring changes the places of rows, and that what has to be measured; it settles at once nearly always. */
const ROUNDS = 6;

/** @typedef {{key: string}} Row */

/**
 * @template {Row} T
 * @typedef {object} Drawing
 * @property {(row: T) => HTMLElement} draw Gives a row's element, the same for the same key while it is in the document.
 * @property {(key: string) => void} gone A row has left the document.
 * @property {() => void} moved The reader came to the end, or left it.
 * @property {AbortSignal} signal Aborted when the list is not shown any more.
 */

/**
 * The rows of one scroller.
 *
 * @template {Row} T
 */
export class Window {
  /** @type {T[]} */ #rows = [];
  /** @type {Map<string, number>} Heights in CSS pixels, by key. */ #heights = new Map();
  /** @type {Map<string, HTMLElement>} What is in the document. */ #drawn = new Map();
  #from = 0;
  #to = 0;
  #atEnd = true;
  /** The scroller's size when the rows were put in their places. */ #size = "";
  /** @type {{key: string, top: number} | null} The row that is being read, and how far below the screen's edge it begins. */
  #anchor = null;
  /** @type {HTMLElement} */ #scroller;
  /** @type {HTMLElement} */ #list;
  /** @type {Drawing<T>} */ #drawing;

  /**
   * @param {HTMLElement} scroller
   * @param {HTMLElement} list Within the scroller.
   * @param {Drawing<T>} drawing
   */
  constructor(scroller, list, drawing) {
    this.#scroller = scroller;
    this.#list = list;
    this.#drawing = drawing;
    scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    // A keyboard that opens, a window that is resized, a text that wraps anew.
    const observer = new ResizeObserver(() => this.#settle());
    observer.observe(scroller);
    observer.observe(list);
    drawing.signal.addEventListener("abort", () => observer.disconnect());
  }

  /** Whether the reader is at the end. */
  get atEnd() {
    return this.#atEnd;
  }

  /** How many pixels of loaded rows are above the screen. */
  get above() {
    return this.#scroller.scrollTop - this.#list.offsetTop;
  }

  /** Shows these rows. @param {T[]} rows */
  show(rows) {
    this.#rows = rows;
    this.#settle(true);
  }

  /** Goes to the end. */
  toEnd() {
    this.#atEnd = true;
    this.#anchor = null;
    this.#settle();
    this.#drawing.moved();
  }

  /**
   * Goes to a row.
   *
   * @param {string} key
   * @param {number} top How far below the screen's upper edge it should begin, in CSS pixels.
   */
  toRow(key, top) {
    this.#atEnd = false;
    this.#anchor = { key, top };
    this.#settle();
    this.#scrolled();
    this.#drawing.moved();
  }

  // ---- Where the reader is ----

  #scrolled() {
    // A window that has just changed its size, or a keyboard that opens, has moved the rows; the reader has not.
    if (this.#size !== this.#sizeNow()) return this.#settle();
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    const atEnd = this.#to >= this.#rows.length && scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    this.#anchor = atEnd ? null : this.#firstVisible();
    const moved = atEnd !== this.#atEnd;
    this.#atEnd = atEnd;
    if (!this.#covered()) this.#settle();
    if (moved) this.#drawing.moved();
  }

  #firstVisible() {
    const { top: edge, bottom } = this.#scroller.getBoundingClientRect();
    for (let index = this.#from; index < this.#to; index++) {
      const { key } = this.#rows[index];
      const box = this.#drawn.get(key)?.getBoundingClientRect();
      if (box && box.bottom > edge && box.top < bottom) return { key, top: box.top - edge };
    }
    return null;
  }

  /** Whether the screen, and half of the margin, are within what is in the document. */
  #covered() {
    const { scrollTop, clientHeight } = this.#scroller;
    const first = this.#list.offsetTop + this.#height(0, this.#from);
    const last = first + this.#height(this.#from, this.#to);
    const top = this.#from === 0 || first <= scrollTop - MARGIN_PX / 2;
    return top && (this.#to === this.#rows.length || last >= scrollTop + clientHeight + MARGIN_PX / 2);
  }

  // ---- What is in the document ----

  /** @param {boolean} [redraw] Whether rows that are in the document may look different. */
  #settle(redraw = false) {
    for (let round = 0; round < ROUNDS; round++) {
      const [from, to] = this.#range();
      if (round > 0 && from === this.#from && to === this.#to) break;
      this.#draw(from, to);
      const changed = this.#measure();
      this.#place();
      if (!changed && !redraw) break;
    }
    this.#size = this.#sizeNow();
    // A reader who jumped to where nothing was drawn reads what is there now.
    if (!this.#atEnd) this.#anchor ??= this.#firstVisible();
  }

  #sizeNow() {
    return `${this.#scroller.clientWidth} ${this.#scroller.clientHeight}`;
  }

  /** Which rows should be in the document. @returns {[number, number]} */
  #range() {
    const { clientHeight } = this.#scroller;
    const total = this.#height(0, this.#rows.length);
    let top = this.#scroller.scrollTop - this.#list.offsetTop;
    const at = this.#anchor ? this.#rows.findIndex(({ key }) => key === this.#anchor?.key) : -1;
    if (this.#atEnd) top = total - clientHeight;
    else if (this.#anchor && at >= 0) top = this.#height(0, at) - this.#anchor.top;
    let from = 0;
    let y = 0;
    for (; from < this.#rows.length && y + this.#heightOf(from) < top - MARGIN_PX; from++) y += this.#heightOf(from);
    let to = from;
    for (; to < this.#rows.length && y < top + clientHeight + MARGIN_PX; to++) y += this.#heightOf(to);
    return [from, to];
  }

  /**
   * @param {number} from
   * @param {number} to
   */
  #draw(from, to) {
    const rows = this.#rows.slice(from, to);
    const before = this.#drawn;
    // What has the focus now may not be there after the drawing.
    const focused = document.activeElement;
    const held = focused !== null && this.#list.contains(focused);
    this.#drawn = new Map(rows.map((row) => [row.key, this.#drawing.draw(row)]));
    arrange(this.#list, [...this.#drawn.values()]);
    for (const key of before.keys()) if (!this.#drawn.has(key)) this.#drawing.gone(key);
    if (held && document.activeElement !== focused) this.#scroller.focus({ preventScroll: true });
    [this.#from, this.#to] = [from, to];
    this.#pad();
  }

  #pad() {
    this.#list.style.paddingBlock = `${this.#height(0, this.#from)}px ${this.#height(this.#to, this.#rows.length)}px`;
  }

  /** @returns {boolean} Whether a height was not what it was taken to be. */
  #measure() {
    let changed = false;
    for (const [key, element] of this.#drawn) {
      const { height } = element.getBoundingClientRect();
      // A list that is not on the screen has no heights.
      if (height === 0 || Math.abs(height - (this.#heights.get(key) ?? -1)) < 0.01) continue;
      this.#heights.set(key, height);
      changed = true;
    }
    return changed;
  }

  /** Puts the reader back where they were. */
  #place() {
    this.#pad();
    if (this.#atEnd) {
      this.#scroller.scrollTop = this.#scroller.scrollHeight;
      return;
    }
    const box = this.#anchor && this.#drawn.get(this.#anchor.key)?.getBoundingClientRect();
    if (!box || !this.#anchor) return;
    const moved = box.top - this.#scroller.getBoundingClientRect().top - this.#anchor.top;
    if (Math.abs(moved) >= 0.5) this.#scroller.scrollTop += moved;
  }

  // ---- Heights ----

  /**
   * Of the rows from one to before another.
   *
   * @param {number} from
   * @param {number} to
   */
  #height(from, to) {
    let height = 0;
    for (let index = from; index < to; index++) height += this.#heightOf(index);
    return height;
  }

  /** @param {number} index */
  #heightOf(index) {
    return this.#heights.get(this.#rows[index].key) ?? GUESS_PX;
  }
}
