/**
 * What the page demonstrates with three seats: one session, two devices of its owner, and an assistant's seat taken by a guest.
 */
import { gatepost, storedJson } from "./gatepost.js";
import { t } from "./view/words/index.js";

/** @typedef {import("./client/session.js").Session} Session */
/** @typedef {Awaited<ReturnType<typeof gatepost>>} Me */

/**
 * @typedef {object} Seat
 * @property {string} id
 * @property {string} name The device, or the role.
 * @property {string} who Whose it is.
 * @property {import("./client/chat.js").Chat} chat
 * @property {Session} session
 */

/** The assistant's name in this browser's storage. */
const ASSISTANT = "gatepost.assistant";

/** The demonstration. */
export class Demo {
  #session = storedJson(() => localStorage, "gatepost.two");
  /** @type {Seat[]} */ #seats = [];
  #title = "";
  /** @type {Me} */ #me;
  /** @type {string} */ #language;

  /**
   * @param {Me} me
   * @param {string} language In which the server should speak.
   */
  constructor(me, language) {
    this.#me = me;
    this.#language = language;
  }

  /** The seats, each with its own connection, which the caller starts. */
  get seats() {
    return this.#seats;
  }

  /** The session's title. */
  get title() {
    return this.#title;
  }

  /** Takes a session that the user owns, or makes one; seats the assistant; and opens everything. */
  async begin() {
    const assistant = await gatepost({ name: ASSISTANT, language: this.#language });
    const { session_id, title } = await this.#ownSession();
    await this.#seat(assistant, session_id);
    this.#title = title || t("untitled");
    const laptop = await gatepost({ seat: ".laptop", language: this.#language });
    this.#seats = [
      { id: "phone", name: t("phone"), who: t("seatYou"), chat: this.#me.chat, session: this.#me.chat.open(session_id) },
      { id: "laptop", name: t("laptop"), who: t("seatAgain"), chat: laptop.chat, session: laptop.chat.open(session_id) },
      { id: "assistant", name: t("assistant"), who: t("seatOther"), chat: assistant.chat, session: assistant.chat.open(session_id) },
    ];
  }

  /** The session of the last time, or else the newest. */
  async #ownSession() {
    const { sessions } = await this.#me.api.sessions();
    const own = sessions.filter(({ role }) => role === "owner");
    const last = this.#session.read();
    const found = own.find(({ session_id }) => session_id.startsWith(last)) ?? own[0] ?? (await this.#me.api.openSession({ title: t("demoTitle") }));
    this.#session.write(found.session_id.split(".", 1)[0]);
    return found;
  }

  /**
   * @param {Me} assistant
   * @param {string} sessionId
   */
  async #seat(assistant, sessionId) {
    if (assistant.api.userId === null) await assistant.api.guest();
    const { members } = await this.#me.api.members(sessionId);
    if (members.some(({ user_id }) => user_id === assistant.api.userId)) return;
    await this.#me.api.addMember(sessionId, { user_id: assistant.api.userId ?? "", role: "assistant" });
  }
}
