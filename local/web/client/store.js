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

/** What could not be stored, by name: every part of the page finds the same. @type {Map<string, string>} */
const unstored = new Map();

/**
 * Keeps a value as JSON in `localStorage`, or in anything else that is a `Storage`. Where nothing can be stored, as in
 * some private windows, the value lives as long as the page.
 *
 * @param {() => Storage} storage Where it is blocked, even to name it throws.
 * @param {string} name
 * @param {any} [fallback] What `read` gives when nothing readable is there.
 */
export function storedJson(storage, name, fallback = null) {
  return {
    read() {
      try {
        return JSON.parse(unstored.get(name) ?? storage().getItem(name) ?? "null") ?? fallback;
      } catch {
        return fallback;
      }
    },
    write(/** @type {any} */ value) {
      const text = JSON.stringify(value);
      try {
        if (value === null) storage().removeItem(name);
        else storage().setItem(name, text);
        unstored.delete(name);
      } catch {
        unstored.set(name, text);
      }
    },
  };
}

/**
 * Forgets what is stored under some names.
 *
 * @param {() => Storage} storage
 * @param {(name: string) => boolean} these
 */
export function forgetJson(storage, these) {
  for (const name of [...unstored.keys()].filter(these)) unstored.delete(name);
  try {
    for (const name of Object.keys(storage()).filter(these)) storage().removeItem(name);
  } catch {
    // What is blocked has stored nothing.
  }
}
