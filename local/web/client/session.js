/**
 * One session on one device: its messages, what is on its way out, who types, who has read.
 *
 * Events:
 *  - `change`: anything to be shown changed. Comes often; draw at most once a frame.
 *  - `arrival`: `detail` is the array of messages by others that have just become known, not those of the first load.
 */
import { Amendments } from "./amendments.js";
import { pendingEntry } from "./entries.js";
import { ChatError, ClientCode, ignoreChatError } from "./errors.js";
import { sessionKey } from "./ids.js";
import { Members } from "./members.js";
import { GIVE_UP_MS, Outbox } from "./outbox.js";
import { RESET } from "./sync.js";
import { Transcript } from "./transcript.js";
import { TypingNotice, TypingUsers } from "./typing.js";

/** @typedef {import("./types.js").Frame} Frame */
/** @typedef {import("./types.js").Message} Message */
/** @typedef {import("./outbox.js").Pending} Pending */

/** Messages on a page of the history. */
const PAGE = 100;

/** One session on one device. */
export class Session extends EventTarget {
  #typing = new TypingUsers(() => this.#changed());
  /** @type {"loading" | "ready" | "failed"} */ #phase = "loading";
  /** @type {ChatError | null} */ #error = null;
  /** @type {import("./types.js").SessionInfo | null} */ #info = null;
  /** @type {string} */ #id;
  /** @type {import("./api.js").Api} */ #api;
  /** @type {(session: Session) => void} */ #behind;
  /** @type {import("./socket.js").Socket} */ #socket;
  /** @type {Outbox} */ #outbox;
  /** @type {Amendments} */ #amendments;
  /** @type {Members} */ #members;
  /** @type {TypingNotice} */ #notice;
  /** @type {Transcript} */ #transcript;

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
        this.#transcript.apply(whole, undefined, cursor);
      },
      conflicted: (current) => this.#transcript.apply(current),
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
    this.#members = new Members({
      me: () => this.#me,
      ask: () => api.members(this.#id),
      tell: (seq) => socket.request({ type: "read", session_id: this.#id, seq }),
      changed,
    });
    this.#notice = new TypingNotice((typing) => socket.send({ type: "user_typing", session_id: this.#id, typing }));
    this.#transcript = this.#newTranscript();
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
    return this.#transcript.cursor;
  }

  /** The cursor as the server wants it back. */
  get cursorName() {
    return this.#transcript.cursorName;
  }

  /** Messages older than this `seq` are not here. */
  get floor() {
    return this.#transcript.floor;
  }

  /** Whether the session's first message is here. */
  get complete() {
    return this.#transcript.complete;
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
    return this.#members.roleOf(userId);
  }

  /** Up to which `seq` this user has read, on any device. */
  get readMark() {
    return this.#members.readMark;
  }

  /** How many messages by others this user has not read, of those that are here. */
  get unread() {
    return this.#transcript.unreadAfter(this.readMark);
  }

  /** The newest message that the server has; undefined when there is none, or none here yet. */
  get newest() {
    return this.#transcript.newest;
  }

  /** Other members than this user. */
  get others() {
    return this.#members.others;
  }

  /** Everything to show, in order. @returns {import("./entries.js").Entry[]} */
  get entries() {
    const author = { user_id: this.#me, role: this.#info?.role ?? "" };
    const pending = this.#outbox.pending.map((one) => pendingEntry(one, author, this.#socket.clockSkew));
    return [...this.#transcript.entries(this.#members.marks, this.#amendments), ...pending];
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
   * @returns {boolean} Whether it was taken: of a message that is not here nobody knows which revision was seen.
   */
  edit(messageId, content) {
    const message = this.#transcript.find(messageId);
    if (!message) return false;
    if (message.content !== content) this.#amendments.ask(message, "edit", content);
    else this.#amendments.drop(messageId);
    return true;
  }

  /** Deletes a message, for everybody. @param {string} messageId */
  remove(messageId) {
    const message = this.#transcript.find(messageId);
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
    this.#members.mark(this.#me, seq);
    this.#members.tell();
  }

  /** Loads a page of older messages. One page at a time, however often it is called. */
  loadHistory() {
    return this.#transcript.loadOlder();
  }

  // ---- What Chat does ----

  /** The first load, or the next try at it. Never throws; see `phase`. */
  async load() {
    this.#become("loading", null);
    const transcript = this.#transcript;
    try {
      this.#info = await this.#api.session(this.#id);
      this.#id = this.#info.session_id;
      await this.refreshMembers();
      // The cursor comes first: history read after it contains every change up to it.
      transcript.begin(this.#info.change, this.#info.cursor);
      await transcript.loadOlder();
      await transcript.loadDownTo(this.readMark);
      // A reset has begun another load.
      if (transcript !== this.#transcript) return;
      this.#become("ready", null);
      // Between the cursor and the opening of the socket nobody pushed anything to this device.
      this.#behind(this);
    } catch (error) {
      if (transcript === this.#transcript) this.fail(error);
      else ignoreChatError(error);
    }
  }

  /** Asks who is a member and how far each has read. */
  refreshMembers() {
    return this.#members.refresh();
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
    this.#transcript.close();
    this.#transcript = this.#newTranscript();
    this.#members.reset();
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
    this.#members.tell();
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
    this.#transcript.close();
  }

  /** Takes in a frame that names this session. @param {Frame} frame */
  receive(frame) {
    switch (frame.type) {
      case "message":
        this.#meet(frame.message.user_id);
        this.#typing.wrote(frame.message.user_id);
        return this.#transcript.apply(frame.message, frame.prev, frame.cursor);
      case "message_updated":
      case "message_deleted":
        return this.#transcript.apply(frame.message, frame.prev, frame.cursor);
      case "read":
        return this.#members.mark(frame.user_id, frame.seq);
      case "member_joined":
      case "member_left":
        return this.#membersChanged(frame);
      case "session_updated":
        return this.#renamed(frame);
      case "session_deleted":
        return this.fail(new ChatError(ClientCode.SESSION_DELETED, "The session was deleted."));
      case "user_typing":
        this.#meet(frame.user_id);
        return this.#typing.set(frame.user_id, frame.typing, frame.expires_in);
    }
  }

  /** Takes in a page of changes. @param {{messages: Message[], change: number, cursor?: string}} page */
  applyPage(page) {
    this.#transcript.applyPage(page);
  }

  // ---- Inside ----

  get #me() {
    return this.#api.userId ?? "";
  }

  #newTranscript() {
    return new Transcript({
      me: () => this.#me,
      older: (before) => this.#api.history(this.#id, before, PAGE),
      arrived: (messages) => {
        if (this.#phase === "ready") this.dispatchEvent(new CustomEvent("arrival", { detail: messages }));
      },
      behind: () => this.#behind(this),
      changed: () => this.#changed(),
    });
  }

  /**
   * @param {Pending} pending
   * @param {import("./types.js").Ack} ack
   */
  #acked({ id, content, metadata = {} }, { message: acked, cursor, reached }) {
    if (!acked) return;
    if (reached) this.#transcript.reached(acked.id);
    const author = { user_id: this.#me, role: this.#info?.role ?? "", rev: 1 };
    this.#transcript.apply({ ...author, content, metadata: { ...metadata, client_id: id }, ...acked }, undefined, cursor);
  }

  /** @param {Frame} frame */
  #membersChanged({ type, user_id, member }) {
    // Taken out, and let in again.
    if (type === "member_joined" && member?.user_id === this.#me && this.#phase === "failed") return void this.load();
    if (type === "member_left" && user_id === this.#me) {
      return this.fail(new ChatError(ClientCode.REMOVED, "You are not a member of this session any more."));
    }
    this.#members.refreshLater();
  }

  /** @param {Frame} frame */
  #renamed({ title, settings, version }) {
    // A push that was overtaken says less than what is here.
    if (!this.#info || version < (this.#info.version ?? 0)) return;
    Object.assign(this.#info, { title, settings, version });
    this.#changed();
  }

  /** @param {string} userId */
  #meet(userId) {
    if (this.#phase === "ready") this.#members.meet(userId);
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
    if (this.#outbox.pending.length > 0) this.#outbox.stored(this.#transcript.keys);
  }

  #changed() {
    this.#settle();
    this.dispatchEvent(new CustomEvent("change"));
  }
}
