// Run with `npm test --prefix local/web` (node 20.19 or newer; nothing to install).
import assert from "node:assert/strict";
import { test } from "node:test";
import { Chat } from "./chat.js";

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("a chat takes no ticket for somebody else who has signed in meanwhile", async () => {
  let tickets = 0;
  const api = { userId: "guest", ticket: () => (tickets++, new Promise(() => {})) };
  const chat = new Chat({ api, deviceId: "device" });
  chat.start();
  await settled();
  assert.equal(tickets, 1);
  chat.stop();
  api.userId = "account";
  chat.start();
  await settled();
  assert.equal(tickets, 1);
  assert.equal(chat.socket.state, "offline");
  assert.equal(chat.socket.error?.signedOut, true);
  chat.close();
});
