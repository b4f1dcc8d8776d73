/**
 * Which messages somebody could really see: on the screen, in a page that is shown.
 */
import { oncePerFrame } from "./dom.js";

/** A message is seen when so much of it is on the screen, or when it fills as much of the scroller. */
const SEEN_SHARE = 0.5;

/** Watches elements of messages within one scroller. */
export class Sight {
  /** @type {Map<Element, number>} Element → `seq`. */ #watched = new Map();
  /** @type {Set<Element>} Those of which anything is on the screen. */ #near = new Set();
  /** @type {(seqs: number[]) => void} */ #seen;
  /** @type {Element} */ #scroller;

  // It tells also of what moves a message without a scrolling: a text that grows, a pane that is swiped in. A message many
  // times as high as the scroller crosses no threshold while it is read, so what is seen is measured.
  #observer = new IntersectionObserver((changes) => this.#changed(changes), { threshold: [0, 0.1, 0.25, SEEN_SHARE, 0.75, 1] });

  /**
   * @param {Element} scroller
   * @param {(seqs: number[]) => void} seen
   * @param {AbortSignal} signal Ends it.
   */
  constructor(scroller, seen, signal) {
    this.#scroller = scroller;
    this.#seen = seen;
    const look = oncePerFrame(() => signal.aborted || this.#tell());
    scroller.addEventListener("scroll", look, { passive: true, signal });
    document.addEventListener("visibilitychange", () => this.#tell(), { signal });
    signal.addEventListener("abort", () => this.#observer.disconnect());
  }

  /**
   * @param {Element} element
   * @param {number} seq
   */
  watch(element, seq) {
    if (this.#watched.get(element) === seq) return;
    this.#watched.set(element, seq);
    this.#observer.unobserve(element);
    this.#observer.observe(element);
  }

  /** @param {Element} element */
  unwatch(element) {
    this.#watched.delete(element);
    this.#near.delete(element);
    this.#observer.unobserve(element);
  }

  /** @param {IntersectionObserverEntry[]} changes */
  #changed(changes) {
    for (const { target, isIntersecting } of changes) {
      if (isIntersecting && this.#watched.has(target)) this.#near.add(target);
      else this.#near.delete(target);
    }
    this.#tell();
  }

  #tell() {
    if (document.visibilityState !== "visible") return;
    const scroller = this.#scroller.getBoundingClientRect();
    const seen = [...this.#near].filter((element) => isSeen(element.getBoundingClientRect(), scroller));
    const seqs = seen.map((element) => this.#watched.get(element)).filter((seq) => seq !== undefined);
    if (seqs.length > 0) this.#seen(seqs);
  }
}

/**
 * @param {DOMRect} box Of a message.
 * @param {DOMRect} scroller Of what it is in, which may reach over the window.
 */
function isSeen(box, scroller) {
  const height = Math.min(box.bottom, scroller.bottom, innerHeight) - Math.max(box.top, scroller.top, 0);
  const width = Math.min(box.right, scroller.right, innerWidth) - Math.max(box.left, scroller.left, 0);
  return width >= box.width * SEEN_SHARE && height > 0 && height >= Math.min(box.height, scroller.height) * SEEN_SHARE;
}
