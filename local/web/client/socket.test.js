// Run with `npm test --prefix local/web` (node 20.19 or newer; nothing to install).
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Socket } from "./socket.js";

/** A WebSocket whose other side is the test. */
class FakeWebSocket {
  /** @type {FakeWebSocket[]} In the order in which they were made. */ static all = [];
  open = false;
  closed = false;
  /** @type {any[]} */ sent = [];
  /** @type {any} */ onopen = null;
  /** @type {any} */ onmessage = null;
  /** @type {any} */ onclose = null;

  constructor() {
    FakeWebSocket.all.push(this);
  }

  /** The handshake has come through, also one that this side has given up. */
  opens(opened = this.onopen) {
    this.open = true;
    opened?.();
  }

  /** @param {object} frame */
  says(frame) {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  breaks() {
    this.onclose?.({ code: 1006, reason: "" });
  }

  /** @param {string} text */
  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.closed = true;
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Runs with a socket that has been started, whose time the test moves on. */
async function started(/** @type {(socket: Socket, all: FakeWebSocket[]) => Promise<void>} */ run) {
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"] });
  const WebSocket = globalThis.WebSocket;
  Object.assign(globalThis, { WebSocket: FakeWebSocket });
  FakeWebSocket.all = [];
  const socket = new Socket({ ticket: async () => ({ url: "ws://test/", ticket: "t", ping_period: 54 }), cursors: () => ({}) });
  try {
    socket.start();
    await settled();
    await run(socket, FakeWebSocket.all);
  } finally {
    socket.stop();
    Object.assign(globalThis, { WebSocket });
    mock.timers.reset();
  }
}

test("a socket that breaks comes back", () =>
  started(async (socket, all) => {
    all[0].opens();
    assert.equal(socket.state, "online");
    all[0].breaks();
    assert.equal(socket.state, "reconnecting");
    mock.timers.tick(1_000);
    await settled();
    all[1].opens();
    assert.equal(socket.state, "online");
    assert.equal(all.length, 2);
  }));

/** The second socket of a handover is opening when the first one breaks; then the wait for the next try is over. */
async function twice(/** @type {FakeWebSocket[]} */ all) {
  all[0].opens();
  all[0].says({ type: "goaway", in_ms: 1_000 });
  mock.timers.tick(500);
  await settled();
  all[0].breaks();
  assert.equal(all.length, 2);
}

test("a handover that opens after the first socket broke needs no other try", () =>
  started(async (socket, all) => {
    await twice(all);
    all[1].opens();
    assert.equal(socket.state, "online");
    mock.timers.tick(5_000);
    await settled();
    assert.equal(all.length, 2);
    assert.deepEqual(all.map(({ closed }) => closed), [true, false]);
  }));

test("a new try ends the opening before it, and nobody takes that up again", () =>
  started(async (socket, all) => {
    await twice(all);
    const opened = all[1].onopen;
    mock.timers.tick(1_000);
    await settled();
    assert.deepEqual(all.map(({ closed }) => closed), [true, true, false]);
    all[2].opens();
    all[1].opens(opened);
    assert.equal(socket.state, "online");
    assert.deepEqual(all.map(({ closed }) => closed), [true, true, false]);
  }));

test("a stopped socket takes up nothing that was opening", () =>
  started(async (socket, all) => {
    await twice(all);
    mock.timers.tick(1_000);
    await settled();
    const openings = all.map(({ onopen }) => onopen);
    socket.stop();
    for (const [index, opened] of openings.entries()) all[index].opens(opened);
    assert.equal(socket.state, "offline");
    assert.ok(all.every(({ closed }) => closed));
  }));
