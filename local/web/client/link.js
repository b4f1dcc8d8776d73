/**
 * One WebSocket, from its opening to its end. It never comes back; `Socket` replaces it by the next one.
 */
import { Requests } from "./requests.js";

/** @typedef {import("./types.js").Frame} Frame */

/**
 * @typedef {object} LinkEvents
 * @property {(link: Link) => void} opened
 * @property {(link: Link, frame: Frame) => void} frame A frame that answers no request.
 * @property {(link: Link, end: {code: number, reason: string}) => void} ended Called once, whatever ended it.
 * @property {(serverTime: number, at: number) => void} clock What the server's clock showed when ours showed `at`, in Unix
 *   milliseconds.
 * @property {(direction: "in" | "out" | "note", text: string) => void} wire Everything that passes, for an inspector.
 */

/** The handshake waits for two functions that may both start cold; longer than this, it is lost. In milliseconds. */
const OPEN_TIMEOUT_MS = 15_000;

/** A ping without its pong for so long means that the line is dead, whatever TCP believes. In milliseconds. */
const PONG_TIMEOUT_MS = 10_000;

/** A replaced link lives on so long, for the answers that are still on their way. In milliseconds. */
const RETIREMENT_MS = 5_000;

/** WebSocket close codes that this side reports or sends (RFC 6455 §7.4.1). */
const NORMAL = 1000;
const ABNORMAL = 1006;

/** One WebSocket. */
export class Link {
  #requests = new Requests();
  #ended = false;
  /** @type {any} */ #openTimer;
  /** @type {any} */ #pongTimer = null;
  #pingedAt = 0;
  /** @type {WebSocket} */ #ws;
  /** @type {LinkEvents} */ #events;

  /** When it opened, in Unix milliseconds; null before. @type {number | null} */
  openedAt = null;

  /**
   * @param {string} address With the ticket.
   * @param {LinkEvents} events
   */
  constructor(address, events) {
    this.#events = events;
    this.#ws = new WebSocket(address);
    this.#openTimer = setTimeout(() => this.end(ABNORMAL, "the handshake took too long"), OPEN_TIMEOUT_MS);
    this.#ws.onopen = () => this.#opened();
    this.#ws.onmessage = ({ data }) => this.#receive(data);
    this.#ws.onclose = ({ code, reason }) => this.end(code, reason);
  }

  /**
   * Sends without waiting for anything.
   *
   * @param {Frame} frame
   */
  send(frame) {
    const text = JSON.stringify(frame);
    this.#events.wire("out", text);
    this.#ws.send(text);
  }

  /**
   * Sends and waits for the answer.
   *
   * @param {Frame & {id: string}} frame
   * @param {number} timeoutMs
   */
  request(frame, timeoutMs) {
    const answer = this.#requests.add(frame.id, timeoutMs);
    this.send(frame);
    return answer;
  }

  /**
   * Asks whether the line lives, and tells the server how far this client has come.
   *
   * @param {Record<string, number | string>} cursors
   */
  ping(cursors) {
    if (this.#pongTimer !== null) return;
    this.#pingedAt = Date.now();
    this.#pongTimer = setTimeout(() => this.end(ABNORMAL, "no pong"), PONG_TIMEOUT_MS);
    this.send({ type: "ping", cursors });
  }

  /** Another link has taken over: stay for late answers, then go. */
  retire() {
    setTimeout(() => this.end(NORMAL, "replaced"), RETIREMENT_MS);
  }

  /**
   * Ends the link at once. A browser may take minutes to report the end of a dead line, so nothing waits for that.
   *
   * @param {number} [code]
   * @param {string} [reason]
   */
  end(code = NORMAL, reason = "") {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#openTimer);
    clearTimeout(this.#pongTimer);
    this.#ws.onopen = this.#ws.onmessage = this.#ws.onclose = null;
    this.#ws.close(NORMAL);
    this.#events.wire("note", `closed ${code}${reason && `: ${reason}`}`);
    this.#requests.failAll();
    this.#events.ended(this, { code, reason });
  }

  #opened() {
    clearTimeout(this.#openTimer);
    this.openedAt = Date.now();
    this.#events.wire("note", "opened");
    this.#events.opened(this);
  }

  /** @param {unknown} data */
  #receive(data) {
    if (typeof data !== "string") return;
    this.#events.wire("in", data);
    const frame = parse(data);
    if (frame?.type === "pong") this.#ponged(frame);
    if (frame && !this.#requests.answer(frame)) this.#events.frame(this, frame);
  }

  /** @param {Frame} pong */
  #ponged(pong) {
    clearTimeout(this.#pongTimer);
    this.#pongTimer = null;
    const serverTime = Date.parse(pong.server_time);
    // The answer took half of the way there and back, as far as anybody can tell.
    if (!Number.isNaN(serverTime)) this.#events.clock(serverTime, (this.#pingedAt + Date.now()) / 2);
  }
}

/**
 * @param {string} text
 * @returns {Frame | null} Null for what is not a JSON object; a newer server may send what this client cannot read.
 */
function parse(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
