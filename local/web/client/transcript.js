/**
 * The messages of one session that the server has, as its reader sees them: under keys that last, with what is known of
 * their way. It holds until the server's history turns out to be another one; then another transcript takes its place.
 */
import { storedEntry } from "./entries.js";
import { Timeline } from "./timeline.js";

/** @typedef {import("./types.js").Message} Message */

/** Pushes run side by side and may overtake one another; a hole older than this is a loss. In milliseconds. */
const HOLE_GRACE_MS = 400;

/** At most so many messages are loaded at once to reach the reader's mark. */
const UNREAD_AT_MOST = 1_000;

/**
 * @typedef {object} Calls
 * @property {() => string} me This user's id.
 * @property {(before: number) => Promise<{messages: Message[], complete: boolean}>} older A page of what is older than a `seq`.
 * @property {(messages: Message[]) => void} arrived Messages by others have become known.
 * @property {() => void} behind A hole has not closed by itself.
 * @property {() => void} changed
 */

/** What one session's reader sees of what was said. */
export class Transcript {
  #timeline = new Timeline();
  /** @type {Set<string>} Ids of messages that were pushed to somebody when they were sent from here. */ #delivered = new Set();
  /** @type {Map<string, string>} Message id → what its entry has been known by. */ #keys = new Map();
  /** @type {Promise<void> | null} */ #loading = null;
  /** @type {any} */ #holeTimer = null;
  #closed = false;
  /** @type {Calls} */ #calls;

  /** @param {Calls} calls */
  constructor(calls) {
    this.#calls = calls;
  }

  /** The change up to which nothing is missing; null before `begin`. */
  get cursor() {
    return this.#timeline.cursor;
  }

  /** The cursor as the server wants it back. */
  get cursorName() {
    return this.#timeline.cursorName;
  }

  /** Messages older than this `seq` are not here. */
  get floor() {
    return this.#timeline.floor;
  }

  /** Whether the session's first message is here. */
  get complete() {
    return this.#timeline.complete;
  }

  /** The newest message; undefined when there is none, or none here yet. */
  get newest() {
    return this.#timeline.messages.at(-1);
  }

  /** A message that is here. @param {string} id */
  find(id) {
    return this.#timeline.find(id);
  }

  /** How many messages by others are newer than a mark, of those that are here. @param {number} mark */
  unreadAfter(mark) {
    const me = this.#calls.me();
    let unread = 0;
    for (let index = this.#timeline.messages.length - 1; index >= 0; index--) {
      const { seq, user_id, deleted_at } = this.#timeline.messages[index];
      if (seq <= mark) break;
      if (user_id !== me && !deleted_at) unread += 1;
    }
    return unread;
  }

  /**
   * The messages to show, in order.
   *
   * @param {number[]} marks How far each other member has read.
   * @param {import("./amendments.js").Amendments} amendments
   */
  entries(marks, amendments) {
    const me = this.#calls.me();
    return this.#timeline.messages.map((message) =>
      storedEntry(message, {
        key: this.#keyOf(message),
        me,
        readBy: message.user_id === me ? marks.filter((mark) => mark >= message.seq).length : 0,
        delivered: this.#delivered.has(message.id),
        amendment: amendments.of(message.id),
      }),
    );
  }

  /** The keys of all messages. */
  get keys() {
    return new Set(this.#timeline.messages.map((message) => this.#keyOf(message)));
  }

  /** Starts at the change that the session has. @param {number} change @param {string} [name] What the server calls it. */
  begin(change, name) {
    this.#timeline.begin(change, name);
  }

  /** A message sent from here was pushed to somebody. @param {string} id */
  reached(id) {
    this.#delivered.add(id);
  }

  /**
   * Takes in one message as it is now.
   *
   * @param {Message} message
   * @param {number} prev The change before the message's. An ack has none: changes are numbered without gaps.
   * @param {string} [name] The server's name for the change.
   */
  apply(message, prev = message.change - 1, name) {
    this.#take(() => this.#timeline.apply(message, prev, name));
  }

  /** Takes in a page of changes. @param {{messages: Message[], change: number, cursor?: string}} page */
  applyPage({ messages, change, cursor }) {
    this.#take(() => this.#timeline.applyPage(messages, change, cursor));
  }

  /** Loads a page of older messages. One page at a time, however often it is called. */
  loadOlder() {
    this.#loading ??= this.#loadOlder().finally(() => (this.#loading = null));
    return this.#loading;
  }

  /** Loads what is newer than a mark, for the reader goes on where they stopped. @param {number} mark */
  async loadDownTo(mark) {
    while (!this.#closed && !this.complete && this.floor > mark + 1 && this.#timeline.messages.length < UNREAD_AT_MOST) await this.loadOlder();
  }

  /** Nobody looks at it any more, so no timer of it goes on. */
  close() {
    this.#closed = true;
    clearTimeout(this.#holeTimer);
  }

  async #loadOlder() {
    if (this.complete || this.cursor === null) return;
    const page = await this.#calls.older(this.floor);
    this.#timeline.applyHistory(page.messages, page.complete);
    this.#calls.changed();
  }

  /**
   * What an entry is known by, from the moment of writing on. The id under which a message is sent travels with it, so that
   * its author recognises it in a page or a push whose ack has not come. A deletion takes it off the message.
   *
   * @param {Message} message
   */
  #keyOf({ id, user_id, metadata }) {
    const key = metadata?.client_id;
    if (user_id === this.#calls.me() && typeof key === "string") this.#keys.set(id, key);
    return this.#keys.get(id) ?? id;
  }

  /** @param {() => void} apply */
  #take(apply) {
    // Not by `seq`: a push that was overtaken comes after a newer one.
    const known = new Set(this.#timeline.messages.map(({ id }) => id));
    apply();
    const me = this.#calls.me();
    const arrived = this.#timeline.messages.filter(({ id, user_id, deleted_at }) => !known.has(id) && user_id !== me && !deleted_at);
    if (arrived.length) this.#calls.arrived(arrived);
    this.#watchHole();
    this.#calls.changed();
  }

  #watchHole() {
    if (!this.#timeline.hole || this.#holeTimer !== null || this.#closed) return;
    this.#holeTimer = setTimeout(() => {
      this.#holeTimer = null;
      if (this.#timeline.hole) this.#calls.behind();
    }, HOLE_GRACE_MS);
  }
}
