/**
 * The REST half of the protocol. Every method returns the parsed answer or throws a `ChatError`.
 */
import { ChatError, ClientCode } from "./errors.js";

/** @typedef {import("./credentials.js").Credentials} Credentials */
/** @typedef {import("./types.js").SignedIn} SignedIn */

/** A request that got no answer after so many milliseconds is given up; the gateway itself gives up at 30 s. */
const TIMEOUT_MS = 30_000;

/** What the server says of an access token; its other 401s are about something else, such as a password. */
const TOKEN_REFUSED = new Set(["token_expired", "unauthorized"]);

/** The REST API as one user. */
export class Api {
  /** @type {string} */ #base;
  /** @type {Credentials} */ #credentials;
  /** @type {string} */ #language;

  /**
   * @param {Credentials} credentials
   * @param {{base?: string, language?: string}} [options] `base` is where the API is, without a slash at the end; empty
   *   means this page's own origin. `language` is that of a new guest, and asked for in error messages.
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

  /** The id of the guest that the user was before logging in, or null. */
  get formerUserId() {
    return this.#credentials.formerUserId;
  }

  // ---- Identity ----

  /** Makes a guest and signs in as it, unless another tab has signed somebody in. @returns {Promise<boolean>} Whether it has. */
  guest() {
    return this.#credentials.begin(() => this.#call("POST", "/api/auth/guest", { body: { locale: this.#language } }));
  }

  /**
   * Makes an account. A guest who is signed in gets the credentials and keeps everything.
   *
   * @param {{email: string, password: string, locale?: string}} account
   */
  async signUp(account) {
    this.#credentials.keep(await this.#asWhoeverIsHere("/api/auth/signup", account));
  }

  /**
   * Signs in to an account. The sessions of a guest who is signed in move to it.
   *
   * @param {{email: string, password: string}} account
   */
  async logIn(account) {
    const guest = this.userId;
    this.#credentials.keep(await this.#asWhoeverIsHere("/api/auth/login", account), guest);
  }

  /** Forgets the sign-in here; the server has ended it already. */
  forget() {
    this.#credentials.forget();
  }

  /**
   * Ends the sign-in, on the server and here. The tokens are forgotten even if the server cannot be told.
   *
   * @param {{everywhere?: boolean}} [options] `everywhere` ends all sign-ins of the user.
   */
  async logout({ everywhere = false } = {}) {
    const refreshToken = this.#credentials.refreshToken;
    this.#credentials.forget();
    if (!refreshToken) return;
    const body = { refresh_token: refreshToken, ...(everywhere && { everywhere }) };
    await this.#call("POST", "/api/auth/logout", { body });
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

  /**
   * A page of the user's sessions, the liveliest first.
   *
   * @param {{before?: string, limit?: number}} [page] `before` is the `next` of the page before; `limit` is 1–200, 200 if left out.
   * @returns {Promise<{sessions: import("./types.js").SessionInfo[], next: string | null}>} `next` is null on the last page.
   */
  sessions(page = {}) {
    return this.#signed("GET", "/api/chat/sessions", { query: page });
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

  /**
   * Also how a member leaves.
   *
   * @param {string} sessionId
   * @param {string} userId
   */
  removeMember(sessionId, userId) {
    return this.#signed("DELETE", `/api/chat/sessions/${encodeURIComponent(sessionId)}/members/${encodeURIComponent(userId)}`);
  }

  /**
   * @param {string} sessionId
   * @param {{title?: string, settings?: object, version?: number}} fields With a `version` that is not the current one, the
   *   answer is a `conflict`.
   * @returns {Promise<import("./types.js").SessionInfo>}
   */
  updateSession(sessionId, fields) {
    return this.#signed("PATCH", `/api/chat/sessions/${encodeURIComponent(sessionId)}`, { body: fields });
  }

  /** @param {string} sessionId */
  deleteSession(sessionId) {
    return this.#signed("DELETE", `/api/chat/sessions/${encodeURIComponent(sessionId)}`);
  }

  // ---- Invites ----

  /**
   * Makes an invite, which lets one user in, once. Its secret is shown this one time.
   *
   * @param {string} sessionId
   * @param {{role?: "member" | "assistant", expires_in?: number}} [fields] `expires_in` in seconds, 60 to 604,800.
   * @returns {Promise<{invite_id: string, invite: string, role: string, expires_at: string}>}
   */
  invite(sessionId, fields = {}) {
    return this.#signed("POST", `/api/chat/sessions/${encodeURIComponent(sessionId)}/invites`, { body: fields });
  }

  /**
   * Those that nobody has used yet.
   *
   * @param {string} sessionId
   * @returns {Promise<{invites: {invite_id: string, role: string, created_at: string, expires_at: string}[]}>}
   */
  invites(sessionId) {
    return this.#signed("GET", `/api/chat/sessions/${encodeURIComponent(sessionId)}/invites`);
  }

  /**
   * @param {string} sessionId
   * @param {string} inviteId
   */
  revokeInvite(sessionId, inviteId) {
    return this.#signed("DELETE", `/api/chat/sessions/${encodeURIComponent(sessionId)}/invites/${encodeURIComponent(inviteId)}`);
  }

  /**
   * Joins a session.
   *
   * @param {string} invite The secret.
   * @returns {Promise<import("./types.js").SessionInfo>}
   */
  join(invite) {
    return this.#signed("POST", "/api/chat/invites", { body: { invite } });
  }

  // ---- Messages ----

  /**
   * What changed after a cursor, oldest change first.
   *
   * @param {string} sessionId
   * @param {number | string} cursor A change, or the server's name for it.
   * @param {number} [limit] 1–500.
   * @returns {Promise<import("./types.js").SincePage>}
   */
  since(sessionId, cursor, limit = 200) {
    const query = { session_id: sessionId, [typeof cursor === "number" ? "after_change" : "cursor"]: cursor, limit };
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
   * A call that a token may come with, and need not.
   *
   * @param {string} path
   * @param {object} body
   * @returns {Promise<SignedIn>}
   */
  async #asWhoeverIsHere(path, body) {
    return this.userId ? this.#signed("POST", path, { body }) : this.#call("POST", path, { body });
  }

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
      if (!(error instanceof ChatError) || !TOKEN_REFUSED.has(error.code)) throw error;
      return this.#call(method, path, { ...rest, token: await this.#accessToken(token) });
    }
  }

  /** @param {string} [refused] */
  #accessToken(refused) {
    /** @param {string} refreshToken @param {string} id @returns {Promise<SignedIn>} */
    const exchange = (refreshToken, id) =>
      this.#call("POST", "/api/auth/refresh", { body: { refresh_token: refreshToken, id } });
    return this.#credentials.accessToken(exchange, { not: refused });
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {{body?: object, query?: Record<string, string | number>, token?: string}} [rest]
   * @returns {Promise<any>}
   */
  async #call(method, path, { body, query = {}, token } = {}) {
    const search = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, `${value}`]));
    /** @type {Record<string, string>} */
    const headers = { "accept-language": this.#language };
    if (token) headers.authorization = `Bearer ${token}`;
    if (body) headers["content-type"] = "application/json";
    const response = await fetch(`${this.#base}${path}${search.size ? `?${search}` : ""}`, {
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
    // The page of a network that wants a log-in first, for one.
    throw new ChatError(ClientCode.BAD_ANSWER, "The server answered something that is not JSON.", { status: response.status, retry: true });
  }
}
