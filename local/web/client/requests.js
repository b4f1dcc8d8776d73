/**
 * Requests on a socket that wait for their answer. The answer carries the request's id; order says nothing.
 */
import { ChatError, ClientCode } from "./errors.js";

/** @typedef {import("./types.js").Frame} Frame */

/** The requests of one socket that have no answer yet. */
export class Requests {
  /** @type {Map<string, {resolve: (frame: Frame) => void, reject: (error: ChatError) => void, timer: any}>} */
  #waiting = new Map();

  /** How many wait. */
  get size() {
    return this.#waiting.size;
  }

  /**
   * Waits for the answer to `id`. Asking again under the same id gives up the first wait.
   *
   * @param {string} id
   * @param {number} timeoutMs
   * @returns {Promise<Frame>} Rejects with a `ChatError` on an `error` frame, on a timeout, and when the socket ends.
   */
  add(id, timeoutMs) {
    this.#settle(id)?.reject(new ChatError(ClientCode.TIMEOUT, "Sent again.", { retry: true }));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#settle(id)?.reject(new ChatError(ClientCode.TIMEOUT, "The server did not answer.", { retry: true }));
      }, timeoutMs);
      this.#waiting.set(id, { resolve, reject, timer });
    });
  }

  /**
   * Gives a frame to the request that it answers.
   *
   * @param {Frame} frame
   * @returns {boolean} Whether a request was waiting for it.
   */
  answer(frame) {
    const request = typeof frame.id === "string" ? this.#settle(frame.id) : undefined;
    if (!request) return false;
    if (frame.type === "error") request.reject(ChatError.fromFrame(frame));
    else request.resolve(frame);
    return true;
  }

  /** Ends every wait: the socket is gone, and what became of the requests is unknown. */
  failAll() {
    for (const id of [...this.#waiting.keys()]) {
      this.#settle(id)?.reject(new ChatError(ClientCode.OFFLINE, "The connection broke.", { retry: true }));
    }
  }

  /** @param {string} id */
  #settle(id) {
    const request = this.#waiting.get(id);
    if (request) clearTimeout(request.timer);
    this.#waiting.delete(id);
    return request;
  }
}
