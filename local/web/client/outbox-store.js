/**
 * Where unacknowledged messages survive a reload: IndexedDB, or, where a browser has none to give, the page's memory.
 */
import { deviceIsHere } from "./device.js";
import { ChatError } from "./errors.js";

/** @typedef {import("./outbox.js").Pending} Pending */

/**
 * @typedef {object} OutboxStore Keeps unsent messages over a reload.
 * @property {(sessionKey: string, userId: string, formerId?: string | null) => Promise<Pending[]>} load Oldest first. Those of
 *   the guest that the user was are old ones: their author says whether they are still to be sent.
 * @property {(sessionKey: string, userId: string, pending: Pending) => Promise<void>} put
 * @property {(id: string) => Promise<void>} remove
 */

/**
 * @typedef {object} Row A message as it is kept: whose it is, where it belongs, and why it failed.
 * @property {string} id
 * @property {string} user
 * @property {string} device
 * @property {string} session
 * @property {Omit<Pending, "error">} pending
 * @property {{code: string, message: string, retry: boolean} | null} error
 */

const TABLE = "pending";

/** Those that live as long as the page, where there is no database. @type {Map<string, OutboxStore>} */
const memories = new Map();

/**
 * The unsent messages of one device. Those of a device whose window was closed become this one's: under the same ids, so
 * that none is stored twice.
 *
 * @param {string} name The same for all windows of a user.
 * @param {string} deviceId
 * @returns {Promise<OutboxStore>}
 */
export async function openOutbox(name, deviceId) {
  const opened = await open(`${name}.outbox`).catch(() => null);
  if (!opened) {
    const memory = memories.get(name) ?? memoryOutbox();
    memories.set(name, memory);
    return memory;
  }

  const on = steps(`${name}.outbox`, opened);
  /** @param {Row} row */
  const put = async (row) => void (await on("readwrite", (table) => table.put(row)).catch(ignoreFullDisk));
  /** @param {string} id */
  const remove = async (id) => void (await on("readwrite", (table) => table.delete(id)).catch(ignoreFullDisk));
  return {
    remove,
    async load(session, user, former) {
      /** @type {Row[]} */
      const rows = await on("readonly", (table) => table.getAll());
      const mine = [];
      for (const row of rows) {
        // Older pages did not write down whose it is, so nobody may send it.
        if (row.user === undefined) await remove(row.id);
        if (!isOf(row, session, user, former)) continue;
        if (row.device !== deviceId && (await deviceIsHere(row.device))) continue;
        if (row.device !== deviceId) await put({ ...row, device: deviceId });
        mine.push({ ...row, pending: asOf(row, user) });
      }
      // The ids are UUIDs v7: their order is that of their times.
      return mine.sort((left, right) => (left.id < right.id ? -1 : 1)).map(revived);
    },
    put(session, user, { error, ...pending }) {
      const kept = error ? { code: error.code, message: error.message, retry: error.retry } : null;
      return put({ id: pending.id, user, device: deviceId, session, pending, error: kept });
    },
  };
}

/**
 * Carries out steps. Browsers end connections by themselves, such as when storage is cleared; then it is opened once more.
 *
 * @param {string} name Of the database.
 * @param {IDBDatabase} database
 */
function steps(name, database) {
  /**
   * @template T
   * @param {IDBTransactionMode} mode
   * @param {(table: IDBObjectStore) => IDBRequest<T>} step
   */
  return async (mode, step) => {
    try {
      return await done(step(tableOf(database, mode)));
    } catch (error) {
      if (!isLost(error)) throw error;
      database = await open(name);
      return done(step(tableOf(database, mode)));
    }
  };
}

/** @param {Row} row @returns {Pending} */
function revived({ pending, error }) {
  return error ? { ...pending, error: new ChatError(error.code, error.message, error) } : pending;
}

/**
 * @param {{session: string, user: string}} row
 * @param {string} session
 * @param {string} user
 * @param {string | null} [former]
 */
function isOf(row, session, user, former = null) {
  return row.session === session && (row.user === user || row.user === former);
}

/**
 * @template {{since: number}} T
 * @param {{user: string, pending: T}} row
 * @param {string} user
 * @returns {T}
 */
function asOf(row, user) {
  return row.user === user ? row.pending : { ...row.pending, since: 0 };
}

/** Keeps them while the page lives. @returns {OutboxStore} */
export function memoryOutbox() {
  /** @type {Map<string, {session: string, user: string, pending: Pending}>} */ const rows = new Map();
  return {
    load: async (session, user, former) => {
      return [...rows.values()].filter((row) => isOf(row, session, user, former)).map((row) => asOf(row, user));
    },
    put: async (session, user, pending) => void rows.set(pending.id, { session, user, pending }),
    remove: async (id) => void rows.delete(id),
  };
}

/**
 * Deletes what was not sent: for a log-out.
 *
 * @param {string} name That of the outbox.
 */
export async function forgetOutbox(name) {
  memories.delete(name);
  const database = await open(`${name}.outbox`).catch(() => null);
  if (!database) return;
  await done(tableOf(database, "readwrite").clear()).catch(ignoreFullDisk);
  database.close();
}

/** Where storage is blocked, this throws before there is a request: so it is async. @param {string} name */
async function open(name) {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(TABLE, { keyPath: "id" });
  return done(request);
}

/**
 * @param {IDBDatabase} database
 * @param {IDBTransactionMode} mode
 */
function tableOf(database, mode) {
  return database.transaction(TABLE, mode).objectStore(TABLE);
}

/** Safari has a name of its own for the request that was under way. @param {unknown} error */
function isLost(error) {
  return error instanceof DOMException && ["InvalidStateError", "UnknownError"].includes(error.name);
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
