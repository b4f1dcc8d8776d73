/**
 * The REST half of the protocol. Every method returns the parsed answer or throws a `ChatError`.
 */
import { ChatError, ClientCode } from "./errors.js";

/** @typedef {import("./credentials.js").Credentials} Credentials */
/** @typedef {import("./types.js").SignedIn} SignedIn */

/** A request that got no answer after so many milliseconds is given up; the gateway itself gives up at 30 s. */
const TIMEOUT_MS = 30_000;

/** The REST API as one user. */
export class Api {
  /** @type {string} */ #base;
  /** @type {Credentials} */ #credentials;
  /** @type {string} */ #language;

  /**
   * @param {Credentials} credentials
   * @param {{base?: string, language?: string}} [options] `base` is where the API is, without a slash at the end; empty
   *   means this page's own origin. `language` is asked for in error messages.
   */
  constructor(credentials, { base = "", language = "en" } = {}) {
    this.#base = base;
    this.#credentials = credentials;
    this.#language = language;
  }

  /** The user's id, or null when nobody is signed in. */
  get userId() {
    return this.#credentials.userId;
  }

  // ---- Identity ----

  /** Makes a guest and signs in as it. */
  async guest() {
    this.#credentials.keep(await this.#call("POST", "/api/auth/guest", { body: {} }));
  }

  /** Ends the sign-in, on the server and here. The tokens are forgotten even if the server cannot be told. */
  async logout() {
    const refreshToken = this.#credentials.refreshToken;
    this.#credentials.forget();
    if (refreshToken) await this.#call("POST", "/api/auth/logout", { body: { refresh_token: refreshToken } });
  }

  /**
   * A ticket that opens one socket for this device.
   *
   * @param {string} deviceId
   * @returns {Promise<import("./types.js").Ticket>}
   */
  ticket(deviceId) {
    return this.#signed("POST", "/api/auth/ticket", { body: { device_id: deviceId } });
  }

  // ---- Sessions ----

  /**
   * @param {{title?: string}} [fields]
   * @returns {Promise<import("./types.js").SessionInfo>}
   */
  openSession(fields = {}) {
    return this.#signed("POST", "/api/chat/sessions", { body: fields });
  }

  /** @returns {Promise<{sessions: import("./types.js").SessionInfo[]}>} */
  sessions() {
    return this.#signed("GET", "/api/chat/sessions");
  }

  /**
   * @param {string} sessionId
   * @returns {Promise<import("./types.js").SessionInfo>}
   */
  session(sessionId) {
    return this.#signed("GET", `/api/chat/sessions/${encodeURIComponent(sessionId)}`);
  }

  /**
   * @param {string} sessionId
   * @returns {Promise<{members: import("./types.js").Member[]}>}
   */
  members(sessionId) {
    return this.#signed("GET", `/api/chat/sessions/${encodeURIComponent(sessionId)}/members`);
  }

  /**
   * @param {string} sessionId
   * @param {{user_id: string, role: "member" | "assistant"}} member
   */
  addMember(sessionId, member) {
    return this.#signed("POST", `/api/chat/sessions/${encodeURIComponent(sessionId)}/members`, { body: member });
  }

  // ---- Messages ----

  /**
   * What changed after a cursor, oldest change first.
   *
   * @param {string} sessionId
   * @param {number} afterChange
   * @param {number} [limit] 1–500.
   * @returns {Promise<import("./types.js").SincePage>}
   */
  since(sessionId, afterChange, limit = 200) {
    const query = { session_id: sessionId, after_change: afterChange, limit };
    return this.#signed("GET", "/api/chat/messages/since", { query });
  }

  /**
   * Messages older than `beforeSeq`, in the order of `seq`.
   *
   * @param {string} sessionId
   * @param {number} beforeSeq
   * @param {number} [limit]
   * @returns {Promise<import("./types.js").HistoryPage>}
   */
  history(sessionId, beforeSeq, limit = 50) {
    return this.#signed("GET", "/api/chat/messages", { query: { session_id: sessionId, before_seq: beforeSeq, limit } });
  }

  // ---- The wire ----

  /**
   * A call as the user. A token that the server refuses is refreshed once: clocks differ, and keys rotate.
   *
   * @param {string} method
   * @param {string} path
   * @param {{body?: object, query?: Record<string, string | number>}} [rest]
   */
  async #signed(method, path, rest) {
    const token = await this.#accessToken();
    try {
      return await this.#call(method, path, { ...rest, token });
    } catch (error) {
      if (!(error instanceof ChatError) || error.status !== 401) throw error;
      return this.#call(method, path, { ...rest, token: await this.#accessToken(token) });
    }
  }

  /** @param {string} [refused] */
  #accessToken(refused) {
    /** @param {string} refreshToken @returns {Promise<SignedIn>} */
    const exchange = (refreshToken) =>
      this.#call("POST", "/api/auth/refresh", { body: { refresh_token: refreshToken } });
    return this.#credentials.accessToken(exchange, { not: refused });
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {{body?: object, query?: Record<string, string | number>, token?: string}} [rest]
   * @returns {Promise<any>}
   */
  async #call(method, path, { body, query, token } = {}) {
    const search = query ? `?${new URLSearchParams(Object.entries(query).map(([name, value]) => [name, `${value}`]))}` : "";
    /** @type {Record<string, string>} */
    const headers = { "accept-language": this.#language };
    if (token) headers.authorization = `Bearer ${token}`;
    if (body) headers["content-type"] = "application/json";
    const response = await fetch(`${this.#base}${path}${search}`, {
      method,
      headers,
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch(() => {
      throw new ChatError(ClientCode.UNREACHABLE, "The server cannot be reached.", { retry: true });
    });
    if (!response.ok) throw await ChatError.fromResponse(response);
    return parse(response);
  }
}

/** @param {Response} response */
async function parse(response) {
  const text = await response.text().catch(() => null);
  if (text === null) throw new ChatError(ClientCode.UNREACHABLE, "The connection broke.", { retry: true });
  if (text === "") return {};
  try {
    return JSON.parse(text);
  } catch {
    throw new ChatError(ClientCode.BAD_ANSWER, "The server answered something that is not JSON.", { status: response.status });
  }
}
