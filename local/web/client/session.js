/**
 * One session on one device: its messages, what is on its way out, who types, who has read.
 *
 * Events:
 *  - `change`: anything to be shown changed. Comes often; draw at most once a frame.
 *  - `arrival`: `detail` is the array of messages by others that have just become known, not those of the first load.
 */
import { Amendments } from "./amendments.js";
import { pendingEntry, storedEntry } from "./entries.js";
import { ChatError, ClientCode, ignoreChatError } from "./errors.js";
import { sessionKey } from "./ids.js";
import { GIVE_UP_MS, Outbox } from "./outbox.js";
import { ReadNotice, Receipts } from "./receipts.js";
import { RESET } from "./sync.js";
import { Timeline } from "./timeline.js";
import { TypingNotice, TypingUsers } from "./typing.js";

/** @typedef {import("./types.js").Frame} Frame */
/** @typedef {import("./types.js").Message} Message */
/** @typedef {import("./outbox.js").Pending} Pending */

/** Pushes run side by side and may overtake one another; a hole older than this is a loss. In milliseconds. */
const HOLE_GRACE_MS = 400;

/** Messages on a page of the history. */
const PAGE = 100;

/** At most so many messages are loaded at once to reach the reader's mark. */
const UNREAD_AT_MOST = 1_000;

/** One session on one device. */
export class Session extends EventTarget {
  #timeline = new Timeline();
  #receipts = new Receipts();
  #typing = new TypingUsers(() => this.#changed());
  /** @type {Map<string, string>} User id → role. */ #roles = new Map();
  /** @type {Set<string>} Ids of messages that were pushed to somebody when they were sent from here. */ #delivered = new Set();
  /** @type {Map<string, string>} Message id → what its entry has been known by. */ #keys = new Map();
  /** @type {"loading" | "ready" | "failed"} */ #phase = "loading";
  /** @type {ChatError | null} */ #error = null;
  /** @type {import("./types.js").SessionInfo | null} */ #info = null;
  /** @type {Promise<void> | null} */ #loadingHistory = null;
  /** @type {any} */ #holeTimer = null;
  /** @type {string} */ #id;
  /** @type {import("./api.js").Api} */ #api;
  /** @type {(session: Session) => void} */ #behind;
  /** @type {import("./socket.js").Socket} */ #socket;
  /** @type {Outbox} */ #outbox;
  /** @type {Amendments} */ #amendments;
  /** @type {TypingNotice} */ #notice;
  /** @type {ReadNotice} */ #readNotice;

  /**
   * @param {object} options
   * @param {string} options.id Signed.
   * @param {import("./api.js").Api} options.api
   * @param {import("./socket.js").Socket} options.socket
   * @param {(session: Session) => void} options.behind Called when the session needs to catch up.
   * @param {import("./outbox-store.js").OutboxStore} options.outbox
   * @param {number} [options.giveUpMs]
   */
  constructor({ id, api, socket, behind, outbox, giveUpMs = GIVE_UP_MS }) {
    super();
    this.#id = id;
    this.#api = api;
    this.#behind = behind;
    this.#socket = socket;
    const changed = () => this.#changed();
    // Tokens are shared by all windows: what is written here stays this user's, whoever signs in elsewhere.
    const [user, former] = [this.#me, api.formerUserId];
    this.#amendments = new Amendments({
      request: (frame) => socket.request({ ...frame, session_id: this.#id }),
      acked: ({ message, cursor }, { content }) => {
        const whole = message.deleted_at ? { content: "", metadata: {}, ...message } : { content, ...message };
        this.#take(() => this.#timeline.apply(whole, message.change - 1, cursor));
      },
      conflicted: (current) => this.#take(() => this.#timeline.apply(current, current.change - 1)),
      changed,
      giveUpMs,
    });
    this.#outbox = new Outbox({
      kept: {
        load: () => outbox.load(this.key, user, former),
        put: (pending) => outbox.put(this.key, user, pending),
        remove: (id) => outbox.remove(id),
      },
      giveUpMs,
      send: ({ id, content, metadata }) =>
        socket.request({ type: "message", id, session_id: this.#id, content, metadata: { ...metadata, client_id: id } }),
      acked: (pending, ack) => this.#acked(pending, ack),
      changed,
    });
    this.#notice = new TypingNotice((typing) => socket.send({ type: "user_typing", session_id: this.#id, typing }));
    this.#readNotice = this.#newReadNotice();
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

  /** Up to which `seq` this user has read, on any device. */
  get readMark() {
    return this.#receipts.of(this.#me);
  }

  /** How many messages by others this user has not read, of those that are here. */
  get unread() {
    const mark = this.readMark;
    let unread = 0;
    for (let index = this.#timeline.messages.length - 1; index >= 0; index--) {
      const { seq, user_id, deleted_at } = this.#timeline.messages[index];
      if (seq <= mark) break;
      if (user_id !== this.#me && !deleted_at) unread += 1;
    }
    return unread;
  }

  /** The newest message that the server has; undefined when there is none, or none here yet. */
  get newest() {
    return this.#timeline.messages.at(-1);
  }

  /** Other members than this user. */
  get others() {
    return [...this.#roles].filter(([userId]) => userId !== this.#me).map(([user_id, role]) => ({ user_id, role }));
  }

  /** Everything to show, in order. @returns {import("./entries.js").Entry[]} */
  get entries() {
    const me = this.#me;
    const marks = this.#receipts.ofOthers(me);
    const author = { user_id: me, role: this.#info?.role ?? "" };
    const stored = this.#timeline.messages.map((message) =>
      storedEntry(message, {
        key: this.#keyOf(message),
        me,
        readBy: message.user_id === me ? marks.filter((mark) => mark >= message.seq).length : 0,
        delivered: this.#delivered.has(message.id),
        amendment: this.#amendments.of(message.id),
      }),
    );
    return [...stored, ...this.#outbox.pending.map((one) => pendingEntry(one, author, this.#socket.clockSkew))];
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

  /**
   * Writes a message anew. It is shown at once, and taken back if the server says no; `entry.amendment` has the state.
   *
   * @param {string} messageId
   * @param {string} content
   */
  edit(messageId, content) {
    const message = this.#timeline.find(messageId);
    if (message && message.content !== content) this.#amendments.ask(message, "edit", content);
    else this.#amendments.drop(messageId);
  }

  /** Deletes a message, for everybody. @param {string} messageId */
  remove(messageId) {
    const message = this.#timeline.find(messageId);
    if (message) this.#amendments.ask(message, "delete");
  }

  /** Tries a refused edit or delete again, on the message as it is now. @param {string} messageId */
  retryAmendment(messageId) {
    const amendment = this.#amendments.of(messageId);
    if (amendment?.type === "delete") this.remove(messageId);
    else if (amendment) this.edit(messageId, amendment.content);
  }

  /** Leaves a message as the server has it. @param {string} messageId @returns {string | undefined} The text of the edit. */
  dropAmendment(messageId) {
    const content = this.#amendments.of(messageId)?.content;
    this.#amendments.drop(messageId);
    return content;
  }

  /** Call it at every key stroke. @param {boolean} hasText */
  typed(hasText) {
    if (hasText) this.#notice.typed();
    else this.#notice.stopped();
  }

  /** Marks everything up to `seq` as read. @param {number} seq */
  read(seq) {
    if (this.#receipts.mark(this.#me, seq)) this.#changed();
    this.#readNotice.tell(this.readMark);
  }

  /** Loads a page of older messages. One page at a time, however often it is called. */
  loadHistory() {
    if (this.#loadingHistory) return this.#loadingHistory;
    const loading = this.#loadHistory().finally(() => {
      if (this.#loadingHistory === loading) this.#loadingHistory = null;
    });
    this.#loadingHistory = loading;
    return loading;
  }

  // ---- What Chat does ----

  /** The first load, or the next try at it. Never throws; see `phase`. */
  async load() {
    this.#become("loading", null);
    const timeline = this.#timeline;
    try {
      this.#info = await this.#api.session(this.#id);
      this.#id = this.#info.session_id;
      await this.refreshMembers();
      // The cursor comes first: history read after it contains every change up to it.
      timeline.begin(this.#info.change, this.#info.cursor);
      await this.loadHistory();
      // The reader goes on where they stopped, so that has to be here. A reset has begun another load.
      while (timeline === this.#timeline && !this.complete && this.floor > this.readMark + 1 && this.#timeline.messages.length < UNREAD_AT_MOST) await this.loadHistory();
      if (timeline !== this.#timeline) return;
      this.#become("ready", null);
      // Between the cursor and the opening of the socket nobody pushed anything to this device.
      this.#behind(this);
    } catch (error) {
      if (timeline === this.#timeline) this.fail(error);
      else ignoreChatError(error);
    }
  }

  /** Asks who is a member and how far each has read; pushes about that are not kept for those who were away. */
  async refreshMembers() {
    const receipts = this.#receipts;
    const { members } = await this.#api.members(this.#id);
    // After a reset these are marks of the past.
    if (receipts !== this.#receipts) return;
    this.#roles = new Map(members.map(({ user_id, role }) => [user_id, role]));
    for (const reader of this.#receipts.readers) if (!this.#roles.has(reader)) this.#receipts.forget(reader);
    for (const { user_id, read_seq } of members) this.#receipts.mark(user_id, read_seq);
    this.#readNotice.known(members.find(({ user_id }) => user_id === this.#me)?.read_seq ?? 0);
    this.#changed();
  }

  /** @param {unknown} cause */
  fail(cause) {
    if (!(cause instanceof ChatError)) throw cause;
    this.#become("failed", cause);
  }

  /**
   * Takes in what a list says of the session, unless a change of its title has overtaken the list.
   *
   * @param {import("./types.js").SessionInfo} info
   */
  renew({ title, settings, version = 0, role }) {
    const { version: known = 0, role: knownRole } = this.#info ?? {};
    if (!this.#info || version < known || (version === known && role === knownRole)) return;
    Object.assign(this.#info, { title, settings, version, role });
    this.#changed();
  }

  /** The server's history is another one: what is here counts no more. What was not sent is kept. */
  reset() {
    this.#timeline = new Timeline();
    // Numbers of the former life would say of new messages that they were read.
    this.#receipts = new Receipts();
    this.#readNotice = this.#newReadNotice();
    this.#delivered.clear();
    this.#loadingHistory = null;
    this.dispatchEvent(new CustomEvent("reset"));
    this.load();
  }

  /** The server would not sync this session. @param {string} code @returns {boolean} Whether it has to be asked over REST. */
  refused(code) {
    if (code === RESET) this.reset();
    return code !== RESET;
  }

  /** The socket opened. */
  resume() {
    this.#readNotice.tell(this.readMark);
    this.#amendments.resume();
    this.#outbox.resume();
  }

  /** The socket is gone. */
  hold() {
    this.#outbox.hold();
    this.#amendments.hold();
    this.#typing.clear();
  }

  /** Nobody looks at it any more: no timer of it goes on, and what was not sent is left to whoever opens the session next. */
  close() {
    this.hold();
    this.#outbox.close();
    this.#amendments.close();
    this.#notice.sent();
    clearTimeout(this.#holeTimer);
  }

  /** Takes in a frame that names this session. @param {Frame} frame */
  receive(frame) {
    switch (frame.type) {
      case "message":
        this.#meet(frame.message.user_id);
        this.#typing.wrote(frame.message.user_id);
        return this.#take(() => this.#timeline.apply(frame.message, frame.prev, frame.cursor));
      case "message_updated":
      case "message_deleted":
        return this.#take(() => this.#timeline.apply(frame.message, frame.prev, frame.cursor));
      case "read":
        if (this.#receipts.mark(frame.user_id, frame.seq)) this.#changed();
        return;
      case "member_joined":
      case "member_left":
        return this.#membersChanged(frame);
      case "session_updated":
        if (this.#info) Object.assign(this.#info, { title: frame.title, settings: frame.settings, version: frame.version });
        return this.#changed();
      case "session_deleted":
        return this.fail(new ChatError(ClientCode.SESSION_DELETED, "The session was deleted."));
      case "user_typing":
        this.#meet(frame.user_id);
        return this.#typing.set(frame.user_id, frame.typing, frame.expires_in);
    }
  }

  /** Takes in a page of changes. @param {{messages: Message[], change: number, cursor?: string}} page */
  applyPage({ messages, change, cursor }) {
    this.#take(() => this.#timeline.applyPage(messages, change, cursor));
  }

  // ---- Inside ----

  get #me() {
    return this.#api.userId ?? "";
  }

  #newReadNotice() {
    return new ReadNotice((seq) => this.#socket.request({ type: "read", session_id: this.#id, seq }));
  }

  async #loadHistory() {
    if (this.#timeline.complete || this.#timeline.cursor === null) return;
    const timeline = this.#timeline;
    const page = await this.#api.history(this.#id, timeline.floor, PAGE);
    // After a reset the page is one of the past.
    if (timeline === this.#timeline) timeline.applyHistory(page.messages, page.complete);
    this.#changed();
  }

  /**
   * @param {Pending} pending
   * @param {import("./types.js").Ack} ack
   */
  #acked({ id, content, metadata = {} }, { message: acked, cursor, reached }) {
    if (!acked) return;
    if (reached) this.#delivered.add(acked.id);
    const author = { user_id: this.#me, role: this.#info?.role ?? "", rev: 1 };
    // An ack has no `prev`: changes are numbered without gaps, so it is the number before.
    this.#take(() => this.#timeline.apply({ ...author, content, metadata: { ...metadata, client_id: id }, ...acked }, acked.change - 1, cursor));
  }

  /** @param {Frame} frame */
  #membersChanged({ type, user_id, member }) {
    // Taken out, and let in again.
    if (type === "member_joined" && member?.user_id === this.#me && this.#phase === "failed") return void this.load();
    if (type === "member_left" && user_id === this.#me) {
      return this.fail(new ChatError(ClientCode.REMOVED, "You are not a member of this session any more."));
    }
    // Without an answer the next connection asks again.
    this.refreshMembers().catch(ignoreChatError);
  }

  /**
   * What an entry is known by, from the moment of writing on. The id under which a message is sent travels with it, so that
   * its author recognises it in a page or a push whose ack has not come. A deletion takes it off the message.
   *
   * @param {Message} message
   */
  #keyOf({ id, user_id, metadata }) {
    const key = metadata?.client_id;
    if (user_id === this.#me && typeof key === "string") this.#keys.set(id, key);
    return this.#keys.get(id) ?? id;
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
    // Not by `seq`: a push that was overtaken comes after a newer one.
    const known = new Set(this.#timeline.messages.map(({ id }) => id));
    apply();
    const arrived = this.#timeline.messages.filter(({ id, user_id, deleted_at }) => !known.has(id) && user_id !== this.#me && !deleted_at);
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

  /** One whose ack was lost, and whose author's next page found it in the timeline, must not wait there for ever. */
  #settle() {
    if (this.#outbox.pending.length > 0) this.#outbox.stored(new Set(this.#timeline.messages.map((message) => this.#keyOf(message))));
  }

  #changed() {
    this.#settle();
    this.dispatchEvent(new CustomEvent("change"));
  }
}
