/**
 * Keeps a reader where they are: at the end, if they were at the end; otherwise at the message that they were reading.
 */

/** Closer to the end than this counts as the end, in CSS pixels. */
const NEAR_END_PX = 48;

/** The scroll position of one list. */
export class ScrollKeeper {
  #atEnd = true;
  /** @type {HTMLElement} */ #scroller;
  /** @type {HTMLElement} */ #content;
  /** @type {() => void} */ #moved;

  /**
   * @param {HTMLElement} scroller
   * @param {HTMLElement} content Its children are what the reader reads.
   * @param {() => void} moved Called when the reader came to the end, or left it.
   */
  constructor(scroller, content, moved) {
    this.#scroller = scroller;
    this.#content = content;
    this.#moved = moved;
    scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    // A keyboard that opens, a window that is resized, a text that wraps anew.
    const observer = new ResizeObserver(() => this.#atEnd && this.toEnd());
    observer.observe(scroller);
    observer.observe(content);
  }

  /** Whether the reader is at the end. */
  get atEnd() {
    return this.#atEnd;
  }

  /** Goes to the end. */
  toEnd() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#scrolled();
  }

  /**
   * Changes the content around the reader.
   *
   * @param {() => void} change
   */
  around(change) {
    const anchor = this.#atEnd ? null : this.#firstVisible();
    const before = anchor?.getBoundingClientRect().top ?? 0;
    change();
    if (!anchor) this.toEnd();
    else if (anchor.isConnected) this.#scroller.scrollTop += anchor.getBoundingClientRect().top - before;
  }

  #firstVisible() {
    const top = this.#scroller.getBoundingClientRect().top;
    return [...this.#content.children].find((child) => child.getBoundingClientRect().bottom > top) ?? null;
  }

  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    const atEnd = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    if (atEnd === this.#atEnd) return;
    this.#atEnd = atEnd;
    this.#moved();
  }
}
