// Run with `npm test --prefix local/web` (node 20.19 or newer; nothing to install).
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Credentials } from "./credentials.js";
import { memoryStore } from "./store.js";

const answer = (/** @type {number} */ round) => ({ user_id: "u", access_token: `access ${round}`, refresh_token: `refresh ${round}`, expires_in: 900 });

/** Credentials that were just given, and an exchange that counts. */
function signedIn({ expires_in = 900 } = {}) {
  const store = memoryStore();
  const credentials = new Credentials(store, "test");
  credentials.keep({ ...answer(0), expires_in });
  /** @type {string[]} */ const spent = [];
  const exchange = async (/** @type {string} */ refreshToken) => {
    spent.push(refreshToken);
    return answer(spent.length);
  };
  return { store, credentials, exchange, spent };
}

test("a token that is good is not refreshed", async () => {
  const { credentials, exchange, spent } = signedIn();
  assert.equal(await credentials.accessToken(exchange), "access 0");
  assert.deepEqual(spent, []);
});

test("a token about to end is refreshed before it is used", async () => {
  const { credentials, exchange, spent } = signedIn({ expires_in: 20 });
  assert.equal(await credentials.accessToken(exchange), "access 1");
  assert.deepEqual(spent, ["refresh 0"]);
});

test("a refresh token is spent once however many ask", async () => {
  const { credentials, exchange, spent } = signedIn({ expires_in: 0 });
  const tokens = await Promise.all([1, 2, 3].map(() => credentials.accessToken(exchange)));
  assert.deepEqual(tokens, ["access 1", "access 1", "access 1"]);
  assert.deepEqual(spent, ["refresh 0"]);
});

test("a token that was refused is refreshed, unless another tab has done so", async () => {
  const { store, credentials, exchange, spent } = signedIn();
  assert.equal(await credentials.accessToken(exchange, { not: "access 0" }), "access 1");
  store.write({ ...store.read(), access_token: "of another tab" });
  assert.equal(await credentials.accessToken(exchange, { not: "access 1" }), "of another tab");
  assert.deepEqual(spent, ["refresh 0"]);
});

test("an exchange whose answer was lost is asked for again after a reload, and the next one is another", async () => {
  const { store, credentials } = signedIn({ expires_in: 0 });
  /** @type {string[]} */ const asked = [];
  const lost = async (/** @type {string} */ token, /** @type {string} */ id) => {
    asked.push(`${token} ${id}`);
    throw new Error("the connection broke");
  };
  await assert.rejects(credentials.accessToken(lost));
  await assert.rejects(new Credentials(store, "test").accessToken(lost));
  assert.equal(asked[0], asked[1]);
  assert.match(asked[0], /^refresh 0 .{16,64}$/);

  await credentials.accessToken(async () => answer(1));
  await assert.rejects(credentials.accessToken(lost, { not: "access 1" }));
  assert.notEqual(asked[2].split(" ")[2], asked[0].split(" ")[2]);
});

test("without a sign-in there is no token", async () => {
  const { credentials, exchange } = signedIn();
  credentials.forget();
  await assert.rejects(credentials.accessToken(exchange), { code: "signed_out", signedOut: true, ofServer: false });
});

test("a guest who has become somebody is remembered over a refresh, not over a log-out", async () => {
  const { credentials, exchange } = signedIn();
  credentials.keep({ ...answer(0), user_id: "account" }, credentials.userId);
  await credentials.accessToken(exchange, { not: "access 0" });
  assert.equal(credentials.formerUserId, "u");
  credentials.forget();
  assert.equal(credentials.formerUserId, null);
});

test("a tab that begins after another one has makes no second guest", async () => {
  const store = memoryStore();
  let guests = 0;
  const begin = () => new Credentials(store, "test").begin(async () => ({ ...answer(0), user_id: `guest ${++guests}` }));
  assert.equal(await begin(), true);
  assert.equal(await begin(), false);
  assert.equal(store.read().user_id, "guest 1");
});

/** Lets this page see other locks. */
function useLocks(/** @type {any} */ request) {
  Object.defineProperty(globalThis, "navigator", { value: request && { locks: { request } }, configurable: true });
}

test("where locks are blocked, tokens are refreshed without", async () => {
  useLocks(async () => {
    throw new Error("SecurityError");
  });
  const { credentials, exchange } = signedIn({ expires_in: 0 });
  assert.equal(await credentials.accessToken(exchange), "access 1");
  useLocks(undefined);
});

test("the lock is held until the other tabs must have the new tokens, and nobody here waits for that", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  let held = true;
  useLocks((/** @type {string} */ name, /** @type {() => Promise<void>} */ run) => run().then(() => (held = false)));
  const { credentials, exchange } = signedIn({ expires_in: 0 });
  assert.equal(await credentials.accessToken(exchange), "access 1");
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(held, true);
  mock.timers.tick(100);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(held, false);
  mock.timers.reset();
  useLocks(undefined);
});

/** Begins a refresh, lets something else happen before its answer comes, and tells what became of it. */
async function refreshedDuring(/** @type {(credentials: Credentials) => void} */ meanwhile) {
  const { store, credentials } = signedIn({ expires_in: 0 });
  const token = credentials.accessToken(async () => {
    meanwhile(credentials);
    return answer(1);
  });
  const outcome = await token.catch((error) => error.code);
  return [outcome, store.read()?.user_id, store.read()?.refresh_token];
}

test("a refresh that ends after a log-in leaves the log-in as it is", async () => {
  const enter = (/** @type {Credentials} */ credentials) => credentials.keep({ ...answer(7), user_id: "account" });
  assert.deepEqual(await refreshedDuring(enter), ["access 7", "account", "refresh 7"]);
});

test("a refresh that ends after a log-out signs nobody in", async () => {
  const leave = (/** @type {Credentials} */ credentials) => credentials.forget();
  assert.deepEqual(await refreshedDuring(leave), ["signed_out", undefined, undefined]);
});
