/**
 * Which messages somebody could really see: on the screen, in a page that is shown.
 */

/** A message is seen when so much of it is on the screen, or when it fills as much of the window. */
const SEEN_SHARE = 0.5;

/** Watches elements of messages. */
export class Sight {
  /** @type {Map<Element, number>} Element → `seq`. */ #watched = new Map();
  /** @type {Set<Element>} */ #visible = new Set();
  /** @type {(seqs: number[]) => void} */ #seen;

  // Against the window: whatever clips the message on the way there counts.
  #observer = new IntersectionObserver((changes) => this.#changed(changes), { threshold: [0, 0.1, 0.25, SEEN_SHARE, 0.75, 1] });

  /**
   * @param {(seqs: number[]) => void} seen
   * @param {AbortSignal} signal Ends it.
   */
  constructor(seen, signal) {
    this.#seen = seen;
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
    this.#visible.delete(element);
    this.#observer.unobserve(element);
  }

  /** @param {IntersectionObserverEntry[]} changes */
  #changed(changes) {
    for (const { target, isIntersecting, intersectionRatio, intersectionRect, rootBounds } of changes) {
      const fills = rootBounds !== null && intersectionRect.height >= rootBounds.height * SEEN_SHARE;
      if (isIntersecting && (intersectionRatio >= SEEN_SHARE || fills)) this.#visible.add(target);
      else this.#visible.delete(target);
    }
    this.#tell();
  }

  #tell() {
    if (document.visibilityState !== "visible") return;
    const seqs = [...this.#visible].map((element) => this.#watched.get(element)).filter((seq) => seq !== undefined);
    if (seqs.length > 0) this.#seen(seqs);
  }
}
