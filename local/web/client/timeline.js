/**
 * The messages of one session, in order, and how far this client knows them. Pure: no time, no network.
 *
 * Every alteration of a session's messages has the session's next `change`. The cursor is the change up to which nothing
 * is missing. A frame carries `prev`, the change before its own; if `prev` is past the cursor there is a hole, which
 * closes when the missing frame comes late, or by a page that starts at the cursor.
 */

/** @typedef {import("./types.js").Message} Message */

/** The messages of one session. */
export class Timeline {
  /** @type {Map<string, Message>} */ #byId = new Map();
  /** @type {Map<number, number>} Changes past a hole: `prev` → `change`. */ #ahead = new Map();
  /** @type {number | null} */ #cursor = null;
  /** @type {Map<number, string>} What the server calls a change; of the cursor and of what lies past it. */ #names = new Map();
  /** Messages from this `seq` on are all known. */
  #floor = Infinity;
  #complete = false;
  /** @type {Message[] | null} */ #sorted = null;

  /** The change up to which nothing is missing; null before `begin`. */
  get cursor() {
    return this.#cursor;
  }

  /** The cursor as the server wants it back: by its name, if it gave one. */
  get cursorName() {
    return this.#cursor === null ? null : (this.#names.get(this.#cursor) ?? this.#cursor);
  }

  /** Whether something is known to be missing. */
  get hole() {
    return this.#cursor !== null && this.#ahead.size > 0;
  }

  /** Whether the session's first message is here. */
  get complete() {
    return this.#complete;
  }

  /** Older messages than this `seq` have not been loaded. */
  get floor() {
    return this.#floor;
  }

  /** The messages from the floor on, by `seq`. Do not change the array. */
  get messages() {
    this.#sorted ??= [...this.#byId.values()]
      .filter((message) => message.seq >= this.#floor)
      .sort((left, right) => left.seq - right.seq);
    return this.#sorted;
  }

  /**
   * Starts at a change that the session had when its history was asked for. Whatever is loaded afterwards already
   * contains every change up to it.
   *
   * @param {number} change
   * @param {string} [name]
   */
  begin(change, name) {
    if (this.#cursor !== null) return;
    this.#name(change, name);
    this.#cursor = change;
    this.#floor = Math.min(this.#floor, change + 1);
    this.#advance(change);
  }

  /**
   * Takes in one message as a push or an ack brought it.
   *
   * @param {Message} message
   * @param {number} prev The change before the message's.
   * @param {string} [name] The server's name for the change.
   */
  apply(message, prev, name) {
    this.#store(message);
    this.#name(message.change, name);
    if (this.#cursor !== null && message.change <= this.#cursor) return;
    this.#ahead.set(prev, message.change);
    if (this.#cursor !== null) this.#advance(this.#cursor);
  }

  /**
   * Takes in a page of changes that starts at this timeline's cursor, or before it.
   *
   * @param {Message[]} messages
   * @param {number} change The cursor that the page reaches.
   * @param {string} [name] The server's name for it.
   */
  applyPage(messages, change, name) {
    for (const message of messages) this.#store(message);
    this.#name(change, name);
    this.#advance(change);
  }

  /**
   * Takes in the messages directly below the floor.
   *
   * @param {Message[]} messages
   * @param {boolean} complete Whether there are no older ones.
   */
  applyHistory(messages, complete) {
    for (const message of messages) this.#store(message);
    for (const message of messages) this.#floor = Math.min(this.#floor, message.seq);
    if (complete) {
      this.#floor = 0;
      this.#complete = true;
    }
    this.#sorted = null;
  }

  /**
   * Keeps the newest state of a message. One below the floor is kept unseen: the history page that will bring it may be
   * older than this state. Of two equal states the later counts, because an ack brings less than a page.
   *
   * @param {Message} message
   */
  #store(message) {
    const known = this.#byId.get(message.id);
    if (known && known.change > message.change) return;
    this.#byId.set(message.id, { ...known, ...message });
    this.#sorted = null;
  }

  /** A message that is here, also below the floor. @param {string} id */
  find(id) {
    return this.#byId.get(id);
  }

  /**
   * @param {number} change
   * @param {string} [name]
   */
  #name(change, name) {
    if (name !== undefined) this.#names.set(change, name);
  }

  /** @param {number} change */
  #advance(change) {
    let cursor = Math.max(this.#cursor ?? 0, change);
    for (const [prev, next] of [...this.#ahead].sort(([left], [right]) => left - right)) {
      if (prev > cursor) break;
      this.#ahead.delete(prev);
      cursor = Math.max(cursor, next);
    }
    this.#cursor = cursor;
    for (const named of [...this.#names.keys()]) if (named < cursor) this.#names.delete(named);
  }
}
