/**
 * The tokens of one user: kept in a store that the application chooses, refreshed once however many ask.
 *
 * A refresh token works once, and using it twice signs the whole family out. So one refresh runs at a time in this
 * page, and, where the browser has Web Locks, in all tabs that share the store. An answer may be lost all the same: each
 * exchange has an id, and the same one gives the same tokens again.
 */
import { ChatError, ClientCode } from "./errors.js";
import { uuidV7 } from "./ids.js";

/**
 * @typedef {object} Tokens
 * @property {string} user_id
 * @property {string} access_token
 * @property {string} refresh_token
 * @property {number} expires_at Unix milliseconds by this machine's clock.
 * @property {string} [exchange_id] Names the exchange of the refresh token that has begun.
 * @property {string | null} [former] The user id of the guest that this user was before logging in.
 *
 * @typedef {object} TokenStore
 * @property {() => Tokens | null} read
 * @property {(tokens: Tokens | null) => void} write
 */

/** Refresh so long before the access token ends that a request under way does not see it end, in milliseconds. */
const MARGIN_MS = 30_000;

/** What one tab writes reaches the others so late at the latest, even when a lock has got there before. In milliseconds. */
const SPREAD_MS = 100;

/** The tokens of one user. */
export class Credentials {
  /** @type {TokenStore} */ #store;
  /** @type {string} */ #lockName;
  /** @type {Promise<string> | null} */ #refreshing = null;

  /**
   * @param {TokenStore} store
   * @param {string} lockName The same for everything that shares the store.
   */
  constructor(store, lockName) {
    this.#store = store;
    this.#lockName = `gatepost.refresh.${lockName}`;
  }

  /** The user's id, or null when nobody is signed in. */
  get userId() {
    return this.#store.read()?.user_id ?? null;
  }

  /** The id of the guest that the user was before logging in, or null. */
  get formerUserId() {
    return this.#store.read()?.former ?? null;
  }

  /** The refresh token, for a log-out. */
  get refreshToken() {
    return this.#store.read()?.refresh_token ?? null;
  }

  /**
   * Keeps what a sign-in returned.
   *
   * @param {import("./types.js").SignedIn} answer
   * @param {string | null} [former] The guest who has become this user.
   */
  keep({ user_id, access_token, refresh_token, expires_in }, former = this.formerUserId) {
    this.#store.write({ user_id, access_token, refresh_token, expires_at: Date.now() + expires_in * 1000, former });
  }

  /**
   * Signs somebody new in, unless somebody is signed in by now: two tabs may be asked to at once.
   *
   * @param {() => Promise<import("./types.js").SignedIn>} make
   * @returns {Promise<boolean>} Whether there is somebody new.
   */
  begin(make) {
    return this.#locked(async () => {
      if (this.userId !== null) return false;
      this.keep(await make());
      return true;
    });
  }

  /** Forgets the tokens. The server is not told; see `Api.logout`. */
  forget() {
    this.#store.write(null);
  }

  /**
   * An access token that is good now.
   *
   * @param {(refreshToken: string, id: string) => Promise<import("./types.js").SignedIn>} exchange Trades the refresh token in.
   * @param {{not?: string}} [options] `not` is a token that the server has just refused.
   * @returns {Promise<string>}
   */
  async accessToken(exchange, { not } = {}) {
    const usable = this.#usable(not);
    if (usable) return usable;
    this.#refreshing ??= this.#locked(() => this.#refresh(exchange, not)).finally(() => (this.#refreshing = null));
    return this.#refreshing;
  }

  /** @param {string} [refused] */
  #usable(refused) {
    const tokens = this.#store.read();
    if (!tokens || tokens.access_token === refused || tokens.expires_at - MARGIN_MS < Date.now()) return null;
    return tokens.access_token;
  }

  /**
   * @param {(refreshToken: string, id: string) => Promise<import("./types.js").SignedIn>} exchange
   * @param {string} [refused]
   * @returns {Promise<string>}
   */
  async #refresh(exchange, refused) {
    // Another tab may have refreshed while this one waited for the lock.
    const usable = this.#usable(refused);
    if (usable) return usable;
    const tokens = this.#store.read();
    if (!tokens) throw new ChatError(ClientCode.SIGNED_OUT, "You are signed out.");
    // Kept before it leaves: a page that is reloaded meanwhile, or whose answer is lost, asks for the same exchange again.
    const id = tokens.exchange_id ?? uuidV7();
    if (!tokens.exchange_id) this.#store.write({ ...tokens, exchange_id: id });
    const answer = await exchange(tokens.refresh_token, id);
    // Somebody has logged in or out meanwhile: what they left counts.
    if (this.refreshToken !== tokens.refresh_token) return this.#refresh(exchange, refused);
    this.keep(answer);
    return answer.access_token;
  }

  /**
   * @template T
   * @param {() => Promise<T>} work
   * @returns {Promise<T>}
   */
  #locked(work) {
    const locks = globalThis.navigator?.locks;
    if (!locks) return work();
    return new Promise((resolve, reject) => {
      const before = this.refreshToken;
      let begun = false;
      const run = async () => {
        begun = true;
        await work().then(resolve, reject);
        // The next tab must not find the old tokens, above all not spend them again.
        if (this.refreshToken !== before) await new Promise((spread) => setTimeout(spread, SPREAD_MS));
      };
      // Where storage is blocked, so are locks: nothing is shared with other tabs then.
      locks.request(this.#lockName, run).catch(() => void (begun || work().then(resolve, reject)));
    });
  }
}
