/**
 * Where unacknowledged messages survive a reload: IndexedDB, or, where a browser has none to give, the page's memory.
 */
import { deviceIsHere } from "./device.js";
import { ChatError } from "./errors.js";

/** @typedef {import("./outbox.js").Pending} Pending */

/**
 * @typedef {object} OutboxStore Keeps unsent messages over a reload.
 * @property {(sessionKey: string) => Promise<Pending[]>} load Oldest first.
 * @property {(sessionKey: string, pending: Pending) => Promise<void>} put
 * @property {(id: string) => Promise<void>} remove
 */

/**
 * @typedef {object} Row A message as it is kept: whose it is, where it belongs, and why it failed.
 * @property {string} id
 * @property {string} device
 * @property {string} session
 * @property {Omit<Pending, "error">} pending
 * @property {{code: string, message: string, retry: boolean} | null} error
 */

const TABLE = "pending";

/**
 * The unsent messages of one device. Those of a device whose window was closed become this one's: under the same ids, so
 * that none is stored twice.
 *
 * @param {string} name The same for all windows of a user.
 * @param {string} deviceId
 * @returns {Promise<OutboxStore>}
 */
export async function openOutbox(name, deviceId) {
  const database = await open(`${name}.outbox`).catch(() => null);
  if (!database) return memoryOutbox();

  /** @param {Row} row */
  const put = async (row) => {
    await done(database.transaction(TABLE, "readwrite").objectStore(TABLE).put(row)).catch(ignoreFullDisk);
  };
  return {
    async load(session) {
      /** @type {Row[]} */
      const rows = await done(database.transaction(TABLE).objectStore(TABLE).getAll());
      const mine = [];
      for (const row of rows) {
        if (row.session !== session) continue;
        if (row.device !== deviceId && (await deviceIsHere(row.device))) continue;
        if (row.device !== deviceId) await put({ ...row, device: deviceId });
        mine.push(row);
      }
      // The ids are UUIDs v7: their order is that of their times.
      return mine.sort((left, right) => (left.id < right.id ? -1 : 1)).map(revived);
    },
    put(session, { error, ...pending }) {
      const kept = error ? { code: error.code, message: error.message, retry: error.retry } : null;
      return put({ id: pending.id, device: deviceId, session, pending, error: kept });
    },
    async remove(id) {
      await done(database.transaction(TABLE, "readwrite").objectStore(TABLE).delete(id)).catch(ignoreFullDisk);
    },
  };
}

/** @param {Row} row @returns {Pending} */
function revived({ pending, error }) {
  return error ? { ...pending, error: new ChatError(error.code, error.message, error) } : pending;
}

/** Keeps them while the page lives. @returns {OutboxStore} */
export function memoryOutbox() {
  /** @type {Map<string, {session: string, pending: Pending}>} */ const rows = new Map();
  return {
    load: async (session) => [...rows.values()].filter((row) => row.session === session).map(({ pending }) => pending),
    put: async (session, pending) => void rows.set(pending.id, { session, pending }),
    remove: async (id) => void rows.delete(id),
  };
}

/** @param {string} name @returns {Promise<IDBDatabase>} */
function open(name) {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(TABLE, { keyPath: "id" });
  return done(request);
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** The message is still sent; only a reload would lose it. */
function ignoreFullDisk() {}
