// Run with `npm test --prefix local/web` (node 20.19 or newer; nothing to install).
import assert from "node:assert/strict";
import { test } from "node:test";
import { forgetOutbox, openOutbox } from "./outbox-store.js";

/** As much of IndexedDB as the outbox uses: its one table, in memory. */
function fakeIndexedDb(/** @type {any[]} */ ...rows) {
  const table = new Map(rows.map((row) => [row.id, row]));
  const answer = (/** @type {any} */ result) => {
    const request = /** @type {any} */ ({ result });
    queueMicrotask(() => request.onsuccess());
    return request;
  };
  const objectStore = () => ({
    getAll: () => answer([...table.values()]),
    put: (/** @type {any} */ row) => answer(table.set(row.id, row)),
    delete: (/** @type {string} */ id) => answer(table.delete(id)),
    clear: () => answer(table.clear()),
  });
  /** @type {{lost: boolean}[]} */ const connections = [];
  const open = () => {
    const connection = { lost: false };
    const transaction = () => {
      if (connection.lost) throw new DOMException("The connection is closing.", "InvalidStateError");
      return { objectStore };
    };
    connections.push(connection);
    return answer({ transaction, close() {} });
  };
  const lose = () => {
    for (const connection of connections) connection.lost = true;
  };
  return { table, lose, connections, indexedDB: { open } };
}

/** @param {string} id */
const pending = (id) => ({ id, content: `content ${id}`, created_at: "", since: 5, state: /** @type {const} */ ("waiting") });

/** @param {any} fake */
function use({ indexedDB }) {
  Object.assign(globalThis, { indexedDB });
}

test("a user finds their own unsent messages only", async () => {
  const ownerless = { id: "0", device: "gone", session: "s", pending: pending("0"), error: null };
  const fake = fakeIndexedDb(ownerless);
  use(fake);
  const store = await openOutbox("test", "device");
  await store.put("s", "ada", pending("1"));
  await store.put("s", "bob", pending("2"));
  await store.put("another", "bob", pending("3"));
  assert.deepEqual(await store.load("s", "bob"), [pending("2")]);
  assert.deepEqual([...fake.table.keys()], ["1", "2", "3"], "what is nobody's is gone");
});

test("who was a guest finds those of the guest, as old ones", async () => {
  use(fakeIndexedDb());
  const store = await openOutbox("test", "device");
  await store.put("s", "guest", pending("1"));
  await store.put("s", "ada", pending("2"));
  assert.deepEqual(await store.load("s", "ada", "guest"), [{ ...pending("1"), since: 0 }, pending("2")]);
});

test("without a database messages live as long as the page", async () => {
  const open = () => {
    throw new Error("blocked");
  };
  use({ indexedDB: { open } });
  await (await openOutbox("blocked", "device")).put("s", "ada", pending("1"));
  assert.deepEqual(await (await openOutbox("blocked", "device")).load("s", "ada"), [pending("1")]);
  await forgetOutbox("blocked");
  assert.deepEqual(await (await openOutbox("blocked", "device")).load("s", "ada"), []);
});

test("a log-out leaves nothing behind", async () => {
  const fake = fakeIndexedDb();
  use(fake);
  await (await openOutbox("test", "device")).put("s", "ada", pending("1"));
  await forgetOutbox("test");
  assert.equal(fake.table.size, 0);
});

test("a connection that the browser has ended is opened again", async () => {
  const fake = fakeIndexedDb();
  use(fake);
  const store = await openOutbox("test", "device");
  fake.lose();
  await store.put("s", "ada", pending("1"));
  fake.lose();
  assert.deepEqual(await store.load("s", "ada"), [pending("1")]);
  fake.lose();
  await store.remove("1");
  assert.equal(fake.table.size, 0);
  assert.equal(fake.connections.length, 4);
});

test("where there is none to be had any more, what is written is not kept, and nothing breaks", async () => {
  const fake = fakeIndexedDb();
  use(fake);
  const store = await openOutbox("test", "device");
  fake.lose();
  fake.indexedDB.open = () => {
    throw new Error("blocked");
  };
  await store.put("s", "ada", pending("1"));
  await store.remove("1");
});
