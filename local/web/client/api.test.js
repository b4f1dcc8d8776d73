// Run with `npm test --prefix local/web` (node 20.19 or newer; nothing to install).
import assert from "node:assert/strict";
import { test } from "node:test";
import { Api } from "./api.js";
import { Credentials } from "./credentials.js";
import { memoryStore } from "./store.js";

/** The API of a guest, on a server that refuses with that code whatever comes with the first access token. */
function harness(/** @type {string} */ code) {
  const guest = (/** @type {number} */ round) => ({ user_id: "guest", access_token: `access ${round}`, refresh_token: `refresh ${round}`, expires_in: 900 });
  /** @type {string[]} */ const calls = [];
  globalThis.fetch = /** @type {any} */ (async (/** @type {string} */ path, /** @type {any} */ { headers }) => {
    calls.push(path);
    if (path === "/api/auth/refresh") return Response.json(guest(1));
    return headers.authorization === "Bearer access 0" ? Response.json({ code, detail: "no", retry: false }, { status: 401 }) : Response.json({ sessions: [] });
  });
  const credentials = new Credentials(memoryStore(), "test");
  credentials.keep(guest(0));
  return { api: new Api(credentials), calls };
}

test("a wrong password is asked about once, and costs no token", async () => {
  const { api, calls } = harness("invalid_credentials");
  await assert.rejects(api.logIn({ email: "ada@example.com", password: "wrong" }), { code: "invalid_credentials" });
  assert.deepEqual(calls, ["/api/auth/login"]);
});

test("a page in place of an answer may be of a network that wants a log-in first: the request may succeed later", async () => {
  const { api } = harness("token_expired");
  globalThis.fetch = /** @type {any} */ (async () => new Response("<!doctype html><title>Welcome to the hotel</title>"));
  await assert.rejects(api.ticket("phone"), { code: "bad_answer", retry: true });
});

for (const code of ["token_expired", "unauthorized"]) {
  test(`a token refused as ${code} is refreshed once`, async () => {
    const { api, calls } = harness(code);
    await api.sessions();
    assert.deepEqual(calls, ["/api/chat/sessions", "/api/auth/refresh", "/api/chat/sessions"]);
  });
}
