/**
 * Making elements. Text becomes text nodes, so nothing that anybody wrote is ever read as markup.
 */

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} [properties] `class`, `aria-…`, `data-…` and `role` are set as attributes, `on…` as
 *   listeners, everything else as properties.
 * @param {...(Node | string | null)} children Null is left out.
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class" || name === "role" || name.includes("-")) element.setAttribute(name, value);
    else /** @type {any} */ (element)[name] = value;
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/**
 * Makes `parent`'s children exactly `wanted`, moving as few as possible: a node that stays where it is keeps its animation.
 * One that stays at all keeps its focus.
 *
 * @param {Node} parent
 * @param {Node[]} wanted
 */
export function arrange(parent, wanted) {
  const focused = document.activeElement;
  const keep = new Set(wanted);
  for (const child of [...parent.childNodes]) if (!keep.has(child)) child.remove();
  let next = parent.firstChild;
  for (const node of wanted) {
    if (node === next) next = node.nextSibling;
    else parent.insertBefore(node, next);
  }
  // One that was moved has lost it.
  if (focused instanceof HTMLElement && focused !== document.activeElement && parent.contains(focused)) focused.focus({ preventScroll: true });
}

/** A page that gets no frames, because it is hidden or behind another window, is drawn so late all the same. In milliseconds. */
const FRAME_AT_MOST_MS = 100;

/**
 * Wraps a function so that however often it is called, it runs once before the next frame is drawn.
 *
 * @param {() => void} draw
 */
export function oncePerFrame(draw) {
  /** @type {any} */ let timer = null;
  let frame = 0;
  const run = () => {
    clearTimeout(timer);
    cancelAnimationFrame(frame);
    timer = null;
    draw();
  };
  return () => {
    if (timer !== null) return;
    frame = requestAnimationFrame(run);
    timer = setTimeout(run, FRAME_AT_MOST_MS);
  };
}
