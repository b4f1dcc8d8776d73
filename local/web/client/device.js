/**
 * Which device this window is. A reload is the same device; a second window is another one.
 */
import { uuidV7 } from "./ids.js";
import { storedJson } from "./store.js";

/**
 * This window's device id under a name. It stands in `sessionStorage`, which outlives a reload and which a duplicated window
 * takes along; so the id is claimed with a lock that lasts as long as the window, and a window that finds it taken gets another.
 *
 * @param {string} name
 * @returns {Promise<string>}
 */
export function claimDevice(name) {
  const claimed = here.get(name) ?? claimKept(name);
  here.set(name, claimed);
  return claimed;
}

/** What this window has claimed: once is enough. @type {Map<string, Promise<string>>} */
const here = new Map();

/** @param {string} name */
async function claimKept(name) {
  const store = storedJson(() => sessionStorage, name);
  const kept = store.read();
  const id = kept !== null && (await claim(kept)) ? kept : await claimNew();
  store.write(id);
  return id;
}

/**
 * Whether a window of this browser is that device now. False where locks cannot be seen.
 *
 * @param {string} deviceId
 */
export async function deviceIsHere(deviceId) {
  const { held = [] } = (await globalThis.navigator?.locks?.query().catch(() => null)) ?? {};
  return held.some((lock) => lock.name === lockName(deviceId));
}

async function claimNew() {
  const id = uuidV7();
  await claim(id);
  return id;
}

/** @param {string} id @returns {Promise<boolean>} Whether it was free. */
function claim(id) {
  const locks = globalThis.navigator?.locks;
  if (!locks) return Promise.resolve(true);
  return new Promise((resolve) => {
    locks.request(lockName(id), { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      // A promise that never ends holds the lock until the window closes.
      return lock === null ? undefined : new Promise(() => {});
    }).catch(() => resolve(true)); // Where storage is blocked, so are locks, and no other window shares the id.
  });
}

/** @param {string} id */
function lockName(id) {
  return `gatepost.device.${id}`;
}
