/**
 * One error class for everything that can go wrong on the wire, whether REST or the socket said it.
 */

/** Codes that only this client makes; every other code is the server's and stands in `docs/PROTOCOL.md`. */
export const ClientCode = Object.freeze({
  /** No answer came: no network, no server, or a connection cut in between. */
  UNREACHABLE: "unreachable",
  /** The socket is not open, so nothing was sent. */
  OFFLINE: "offline",
  /** The request was sent and its answer did not come in time. It may still have been carried out. */
  TIMEOUT: "timeout",
  /** A message was not acknowledged in time, and is not sent any more until its author says so. */
  NOT_SENT: "not_sent",
  /** The session was deleted while it was open here. */
  SESSION_DELETED: "session_deleted",
  /** This user was taken out of the session while it was open here. */
  REMOVED: "removed",
  /** Nobody is signed in any more, or somebody else. The server's `bye` says the same. */
  SIGNED_OUT: "signed_out",
  /** The server answered something that is not the protocol. */
  BAD_ANSWER: "bad_answer",
});

/** Codes after which no refresh helps: the user has to sign in again. @type {Set<string>} */
const SIGNED_OUT = new Set([ClientCode.SIGNED_OUT, "unauthorized", "token_expired", "refresh_token_invalid", "refresh_token_reused"]);

/** @type {Set<string>} */
const OWN = new Set(Object.values(ClientCode));

/** A failed request. `message` is made for people and in their language. */
export class ChatError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {{retry?: boolean, retryAfterMs?: number, status?: number, current?: object}} [more]
   */
  constructor(code, message, { retry = false, retryAfterMs, status, current } = {}) {
    super(message);
    this.name = "ChatError";
    /** @readonly Stable; programs decide by it. */
    this.code = code;
    /** @readonly Whether the same request may succeed later. */
    this.retry = retry;
    /** @readonly @type {number | undefined} Do not try again before so many milliseconds. */
    this.retryAfterMs = retryAfterMs;
    /** @readonly @type {number | undefined} The HTTP status, if it was REST. */
    this.status = status;
    /** @readonly @type {object | undefined} Of a `conflict`: what the server has. */
    this.current = current;
  }

  /** Whether the server has answered so, and not this client in its place. */
  get ofServer() {
    return !OWN.has(this.code);
  }

  /** Whether the user has to sign in again. */
  get signedOut() {
    return SIGNED_OUT.has(this.code);
  }

  /**
   * From an `error` frame.
   *
   * @param {import("./types.js").Frame} frame
   */
  static fromFrame(frame) {
    const { code, message, retry, retry_after_ms: retryAfterMs, current } = frame;
    return new ChatError(code, message, { retry: retry === true, retryAfterMs, current });
  }

  /**
   * From a REST answer that is no success: `application/problem+json`, or the gateway's own `{"message"}`.
   *
   * @param {Response} response
   */
  static async fromResponse(response) {
    const problem = await response.json().catch(() => ({}));
    const retryAfter = Number(response.headers.get("retry-after"));
    return new ChatError(
      problem.code ?? `http_${response.status}`,
      problem.detail ?? problem.title ?? problem.message ?? `The server answered ${response.status}.`,
      {
        retry: problem.retry ?? (response.status === 429 || response.status >= 500),
        retryAfterMs: retryAfter > 0 ? retryAfter * 1000 : undefined,
        status: response.status,
        current: problem.current,
      },
    );
  }
}

/**
 * For what is tried again anyway. Anything but a `ChatError` is a mistake in this program and goes on.
 *
 * @param {unknown} error
 */
export function ignoreChatError(error) {
  if (!(error instanceof ChatError)) throw error;
}
