/**
 * What the page demonstrates: one session, two devices of one guest, and an assistant's seat taken by a second guest.
 * All of it is kept in `localStorage`, so that a reload goes on where it was.
 */
import { Api, Chat, ChatError, Credentials, ignoreChatError, storedJson, uuidV7 } from "./client/index.js";

/** @typedef {import("./client/session.js").Session} Session */

/**
 * @typedef {object} Seat
 * @property {string} id
 * @property {string} name The device, or the role.
 * @property {string} who Whose it is.
 * @property {Chat} chat
 * @property {Session} session
 */

/** Every name in `localStorage` begins so. */
const PREFIX = "gatepost.demo";

const TITLE = "A first conversation";

/** The three seats, in the order in which they stand. */
const SEATS = [
  { id: "phone", name: "Phone", who: "You", user: "you" },
  { id: "laptop", name: "Laptop", who: "You, on a second device", user: "you" },
  { id: "assistant", name: "Assistant", who: "Somebody else in the session", user: "assistant" },
];

/** The demonstration. */
export class Demo {
  #about = storedJson(localStorage, PREFIX);
  /** @type {Record<string, Api>} */ #apis;

  /** @param {{language: string}} options The language in which the server should speak. */
  constructor({ language }) {
    const api = (/** @type {string} */ user) => {
      const name = `${PREFIX}.tokens.${user}`;
      return new Api(new Credentials(storedJson(localStorage, name), name), { language });
    };
    this.#apis = { you: api("you"), assistant: api("assistant") };
  }

  /** Whether there is something to go on with. */
  get begun() {
    return this.#about.read() !== null && Object.values(this.#apis).every((api) => api.userId !== null);
  }

  /** The session's title. */
  get title() {
    return TITLE;
  }

  /**
   * Makes the guests and the session. What an earlier try has made already is kept.
   *
   * @param {(step: string) => void} progress
   */
  async begin(progress) {
    const { you, assistant } = this.#apis;
    progress("Making a guest of you…");
    if (!you.userId) await you.guest();
    progress("Finding an assistant…");
    if (!assistant.userId) await assistant.guest();
    progress("Opening a session…");
    const { session_id } = await this.#openSession();
    const devices = Object.fromEntries(SEATS.map(({ id }) => [id, uuidV7()]));
    this.#about.write({ session_id, devices });
  }

  /** The seats, each with its own connection, which the caller starts. @returns {Seat[]} */
  seats() {
    const { session_id, devices } = this.#about.read();
    return SEATS.map(({ id, name, who, user }) => {
      const outboxStore = (/** @type {string} */ key) => storedJson(localStorage, `${PREFIX}.outbox.${id}.${key}`, []);
      const chat = new Chat({ api: this.#apis[user], deviceId: devices[id], outboxStore });
      return { id, name, who, chat, session: chat.open(session_id) };
    });
  }

  /** Signs both guests out and forgets everything, also when the server cannot be told. */
  async end() {
    for (const api of Object.values(this.#apis)) {
      await api.logout().catch(ignoreChatError);
    }
    for (const name of Object.keys(localStorage)) {
      if (name.startsWith(PREFIX)) localStorage.removeItem(name);
    }
  }

  /** A guest kept from an earlier try may be unknown to the server by now; then everybody is made anew, once. */
  async #openSession() {
    const { you, assistant } = this.#apis;
    try {
      return await this.#openSessionNow();
    } catch (error) {
      if (!(error instanceof ChatError) || !error.signedOut) throw error;
      await you.guest();
      await assistant.guest();
      return this.#openSessionNow();
    }
  }

  async #openSessionNow() {
    const { you, assistant } = this.#apis;
    const session = await you.openSession({ title: TITLE });
    await you.addMember(session.session_id, { user_id: assistant.userId ?? "", role: "assistant" });
    return session;
  }
}
