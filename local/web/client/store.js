/**
 * Places where a value is kept: `read` gives what `write` got last.
 */

/**
 * Keeps a value while the page lives.
 *
 * @param {any} [initial]
 */
export function memoryStore(initial = null) {
  let value = initial;
  return {
    read: () => value,
    write: (/** @type {any} */ next) => {
      value = next;
    },
  };
}

/**
 * Keeps a value as JSON in `localStorage`, or in anything else that is a `Storage`. Where nothing can be stored, as in
 * some private windows, the value lives as long as the page.
 *
 * @param {Storage} storage
 * @param {string} name
 * @param {any} [fallback] What `read` gives when nothing readable is there.
 */
export function storedJson(storage, name, fallback = null) {
  /** @type {string | null} */ let unstored = null;
  return {
    read() {
      try {
        return JSON.parse(unstored ?? storage.getItem(name) ?? "null") ?? fallback;
      } catch {
        return fallback;
      }
    },
    write(/** @type {any} */ value) {
      const text = JSON.stringify(value);
      try {
        if (value === null) storage.removeItem(name);
        else storage.setItem(name, text);
        unstored = null;
      } catch {
        unstored = text;
      }
    },
  };
}
