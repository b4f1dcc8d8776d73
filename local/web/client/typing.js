/**
 * Typing, both ways. Nothing of it is stored anywhere, and all of it ends by itself.
 */

/** A notice that has not been renewed for so long is over, should the server not say how long. In milliseconds. */
const DEFAULT_EXPIRY_MS = 6_000;

/** While the user types, say so again every so often, in milliseconds. */
const RENEW_MS = 3_000;

/** A user who has not touched a key for so long has stopped, in milliseconds. */
const IDLE_MS = 4_000;

/**
 * After a message its author is taken as not typing for so long: a notice that set out before the message may arrive
 * after it. In milliseconds.
 */
const QUIET_MS = 1_000;

/** Who else is typing. */
export class TypingUsers {
  /** @type {Map<string, any>} User id → timer. */ #timers = new Map();
  /** @type {Map<string, number>} User id → Unix milliseconds. */ #quietUntil = new Map();
  /** @type {() => void} */ #changed;

  /** @param {() => void} changed */
  constructor(changed) {
    this.#changed = changed;
  }

  /** User ids, the one that began first at the front. */
  get users() {
    return [...this.#timers.keys()];
  }

  /**
   * @param {string} userId
   * @param {boolean} typing
   * @param {number} [expiresIn] Milliseconds.
   */
  set(userId, typing, expiresIn = DEFAULT_EXPIRY_MS) {
    if (!typing) return this.remove(userId);
    if (Date.now() < (this.#quietUntil.get(userId) ?? 0)) return;
    const known = this.#timers.get(userId);
    clearTimeout(known);
    this.#timers.set(userId, setTimeout(() => this.remove(userId), expiresIn));
    if (known === undefined) this.#changed();
  }

  /** A message came: its author has typed it. @param {string} userId */
  wrote(userId) {
    this.#quietUntil.set(userId, Date.now() + QUIET_MS);
    this.remove(userId);
  }

  /** @param {string} userId */
  remove(userId) {
    clearTimeout(this.#timers.get(userId));
    if (this.#timers.delete(userId)) this.#changed();
  }

  /** The socket is gone: nobody can say that they stopped. */
  clear() {
    for (const userId of this.users) this.remove(userId);
  }
}

/** What the others are told about this user. */
export class TypingNotice {
  #toldAt = 0;
  #told = false;
  /** @type {any} */ #idle = null;
  /** @type {(typing: boolean) => void} */ #tell;

  /** @param {(typing: boolean) => void} tell */
  constructor(tell) {
    this.#tell = tell;
  }

  /** A key was pressed, and there is text. */
  typed() {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.stopped(), IDLE_MS);
    if (this.#told && Date.now() - this.#toldAt < RENEW_MS) return;
    this.#told = true;
    this.#toldAt = Date.now();
    this.#tell(true);
  }

  /** The text is gone, whether deleted or left alone. */
  stopped() {
    clearTimeout(this.#idle);
    if (!this.#told) return;
    this.#told = false;
    this.#tell(false);
  }

  /** The text was sent: the message itself ends the notice at every reader. */
  sent() {
    clearTimeout(this.#idle);
    this.#told = false;
  }
}
