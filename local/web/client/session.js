/**
 * One session on one device: its messages, what is on its way out, who types, who has read.
 *
 * Events:
 *  - `change`: anything to be shown changed. Comes often; draw at most once a frame.
 *  - `arrival`: `detail` is the array of messages by others that have just become known, not those of the first load.
 */
import { pendingEntry, storedEntry } from "./entries.js";
import { ChatError, ignoreChatError } from "./errors.js";
import { sessionKey } from "./ids.js";
import { Outbox } from "./outbox.js";
import { ReadNotice, Receipts } from "./receipts.js";
import { Timeline } from "./timeline.js";
import { TypingNotice, TypingUsers } from "./typing.js";

/** @typedef {import("./types.js").Frame} Frame */
/** @typedef {import("./types.js").Message} Message */
/** @typedef {import("./outbox.js").Pending} Pending */

/** Pushes run side by side and may overtake one another; a hole older than this is a loss. In milliseconds. */
const HOLE_GRACE_MS = 400;

/** One session on one device. */
export class Session extends EventTarget {
  #timeline = new Timeline();
  #receipts = new Receipts();
  #typing = new TypingUsers(() => this.#changed());
  /** @type {Map<string, string>} User id → role. */ #roles = new Map();
  /** @type {Map<string, string>} Message id → the key under which it was sent from here. */ #keys = new Map();
  /** @type {"loading" | "ready" | "failed"} */ #phase = "loading";
  /** @type {ChatError | null} */ #error = null;
  /** @type {import("./types.js").SessionInfo | null} */ #info = null;
  /** @type {Promise<void> | null} */ #loadingHistory = null;
  /** @type {any} */ #holeTimer = null;
  /** @type {string} */ #id;
  /** @type {import("./api.js").Api} */ #api;
  /** @type {(session: Session) => void} */ #behind;
  /** @type {Outbox} */ #outbox;
  /** @type {TypingNotice} */ #notice;
  /** @type {ReadNotice} */ #readNotice;

  /**
   * @param {object} options
   * @param {string} options.id Signed.
   * @param {import("./api.js").Api} options.api
   * @param {import("./socket.js").Socket} options.socket
   * @param {(session: Session) => void} options.behind Called when the session needs to catch up.
   * @param {import("./outbox.js").OutboxStore} [options.outboxStore]
   */
  constructor({ id, api, socket, behind, outboxStore }) {
    super();
    this.#id = id;
    this.#api = api;
    this.#behind = behind;
    this.#outbox = new Outbox({
      store: outboxStore,
      send: ({ id, content, metadata }) => socket.request({ type: "message", id, session_id: this.#id, content, metadata }),
      acked: (pending, ack) => this.#acked(pending, ack),
      changed: () => this.#changed(),
    });
    this.#notice = new TypingNotice((typing) => socket.send({ type: "user_typing", session_id: this.#id, typing }));
    this.#readNotice = new ReadNotice((seq) => socket.request({ type: "read", session_id: this.#id, seq }));
  }

  /** The signed id. */
  get id() {
    return this.#id;
  }

  /** What identifies the session whatever the server's keys are. */
  get key() {
    return sessionKey(this.#id);
  }

  /** `failed` means that `error` has the reason and `load` may be called again. */
  get phase() {
    return this.#phase;
  }

  /** Why the session cannot be used. */
  get error() {
    return this.#error;
  }

  /** Title, role and times; null before the first load. */
  get info() {
    return this.#info;
  }

  /** The change up to which nothing is missing; null before the first load. */
  get cursor() {
    return this.#timeline.cursor;
  }

  /** Whether the session's first message is here. */
  get complete() {
    return this.#timeline.complete;
  }

  /** Ids of the users who are typing: others, or this user on another device. */
  get typingUsers() {
    return this.#typing.users;
  }

  /**
   * A member's role.
   *
   * @param {string} userId
   * @returns {string | undefined}
   */
  roleOf(userId) {
    return this.#roles.get(userId);
  }

  /** How many messages by others this user has not read. */
  get unread() {
    const mark = this.#receipts.of(this.#me);
    return this.#timeline.messages.filter(({ seq, user_id }) => seq > mark && user_id !== this.#me).length;
  }

  /** Everything to show, in order. @returns {import("./entries.js").Entry[]} */
  get entries() {
    const me = this.#me;
    const readTo = this.#receipts.byOthers(me);
    const author = { user_id: me, role: this.#info?.role ?? "" };
    return [
      ...this.#timeline.messages.map((message) => storedEntry(message, { key: this.#keys.get(message.id) ?? message.id, me, readTo })),
      ...this.#outbox.pending.map((pending) => pendingEntry(pending, author)),
    ];
  }

  // ---- What the user does ----

  /**
   * Sends a message. It stands in `entries` at once, and is sent again until the server has it.
   *
   * @param {string} content
   * @param {Record<string, unknown>} [metadata]
   */
  send(content, metadata) {
    this.#notice.sent();
    return this.#outbox.add(content, metadata);
  }

  /** Sends a failed message again. @param {string} key */
  retry(key) {
    this.#outbox.retry(key);
  }

  /** Takes a failed message back. @param {string} key @returns {string | undefined} Its text. */
  discard(key) {
    return this.#outbox.discard(key)?.content;
  }

  /** Call it at every key stroke. @param {boolean} hasText */
  typed(hasText) {
    if (hasText) this.#notice.typed();
    else this.#notice.stopped();
  }

  /** Marks everything up to `seq` as read. @param {number} seq */
  read(seq) {
    if (this.#receipts.mark(this.#me, seq)) this.#changed();
    this.#readNotice.tell(this.#receipts.of(this.#me));
  }

  /** Loads a page of older messages. One page at a time, however often it is called. */
  loadHistory() {
    this.#loadingHistory ??= this.#loadHistory().finally(() => (this.#loadingHistory = null));
    return this.#loadingHistory;
  }

  // ---- What Chat does ----

  /** The first load, or the next try at it. Never throws; see `phase`. */
  async load() {
    this.#become("loading", null);
    try {
      this.#info = await this.#api.session(this.#id);
      this.#id = this.#info.session_id;
      await this.refreshMembers();
      // The cursor comes first: history read after it contains every change up to it.
      this.#timeline.begin(this.#info.change);
      await this.loadHistory();
      this.#become("ready", null);
      // Between the cursor and the opening of the socket nobody pushed anything to this device.
      this.#behind(this);
    } catch (error) {
      this.fail(error);
    }
  }

  /** Asks who is a member and how far each has read; pushes about that are not kept for those who were away. */
  async refreshMembers() {
    const { members } = await this.#api.members(this.#id);
    this.#roles = new Map(members.map(({ user_id, role }) => [user_id, role]));
    for (const { user_id, read_seq } of members) this.#receipts.mark(user_id, read_seq);
    this.#readNotice.known(members.find(({ user_id }) => user_id === this.#me)?.read_seq ?? 0);
    this.#changed();
  }

  /** @param {unknown} cause */
  fail(cause) {
    if (!(cause instanceof ChatError)) throw cause;
    this.#become("failed", cause);
  }

  /** The socket opened. Ends when the session may be synced without showing a message twice. */
  async resume() {
    this.#readNotice.tell(this.#receipts.of(this.#me));
    await this.#outbox.resume();
  }

  /** The socket is gone. */
  hold() {
    this.#outbox.hold();
    this.#typing.clear();
  }

  /** Takes in a frame that names this session. @param {Frame} frame */
  receive(frame) {
    switch (frame.type) {
      case "message":
        this.#meet(frame.message.user_id);
        this.#typing.wrote(frame.message.user_id);
        return this.#take(() => this.#timeline.apply(frame.message, frame.prev));
      case "message_updated":
      case "message_deleted":
        return this.#take(() => this.#timeline.apply(frame.message, frame.prev));
      case "read":
        if (this.#receipts.mark(frame.user_id, frame.seq)) this.#changed();
        return;
      case "user_typing":
        this.#meet(frame.user_id);
        return this.#typing.set(frame.user_id, frame.typing, frame.expires_in);
    }
  }

  /** Takes in a page of changes. @param {Message[]} messages @param {number} change */
  applyPage(messages, change) {
    this.#take(() => this.#timeline.applyPage(messages, change));
  }

  // ---- Inside ----

  get #me() {
    return this.#api.userId ?? "";
  }

  async #loadHistory() {
    if (this.#timeline.complete || this.#timeline.cursor === null) return;
    const page = await this.#api.history(this.#id, this.#timeline.floor);
    this.#timeline.applyHistory(page.messages, page.complete);
    this.#changed();
  }

  /**
   * @param {Pending} pending
   * @param {import("./types.js").Ack} ack
   */
  #acked({ id, content, metadata = {} }, { message: acked }) {
    if (!acked) return;
    this.#keys.set(acked.id, id);
    const author = { user_id: this.#me, role: this.#info?.role ?? "", rev: 1 };
    // An ack has no `prev`: changes are numbered without gaps, so it is the number before.
    this.#take(() => this.#timeline.apply({ ...author, content, metadata, ...acked }, acked.change - 1));
  }

  /** Asks once for the members when one shows up who was not there. @param {string} userId */
  #meet(userId) {
    if (this.#roles.has(userId) || this.#phase !== "ready") return;
    this.#roles.set(userId, "");
    // Without an answer the role stays unknown until the next connection, which asks again.
    this.refreshMembers().catch(ignoreChatError);
  }

  /** @param {() => void} apply */
  #take(apply) {
    const newest = this.#timeline.messages.at(-1)?.seq ?? 0;
    apply();
    const arrived = this.#timeline.messages.filter(({ seq, user_id }) => seq > newest && user_id !== this.#me);
    if (arrived.length && this.#phase === "ready") this.dispatchEvent(new CustomEvent("arrival", { detail: arrived }));
    this.#watchHole();
    this.#changed();
  }

  #watchHole() {
    if (!this.#timeline.hole || this.#holeTimer !== null) return;
    this.#holeTimer = setTimeout(() => {
      this.#holeTimer = null;
      if (this.#timeline.hole) this.#behind(this);
    }, HOLE_GRACE_MS);
  }

  /**
   * @param {"loading" | "ready" | "failed"} phase
   * @param {ChatError | null} error
   */
  #become(phase, error) {
    this.#phase = phase;
    this.#error = error;
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new CustomEvent("change"));
  }
}
