/**
 * One user in this browser: everything that a page needs, kept where browsers keep things.
 */
import { Api } from "./api.js";
import { Chat } from "./chat.js";
import { Credentials } from "./credentials.js";
import { claimDevice } from "./device.js";
import { openOutbox } from "./outbox-store.js";
import { SessionList } from "./session-list.js";
import { storedJson } from "./store.js";

/**
 * Tokens stand in `localStorage` and unsent messages in IndexedDB, both under `name`, so that windows share one sign-in and a
 * reload loses nothing. Nothing is connected yet; see `Chat.start`.
 *
 * @param {object} [options]
 * @param {string} [options.name] Another name is another user in the same browser.
 * @param {string} [options.seat] Another seat is another device of the user within the same window.
 * @param {string} [options.base] Where the API is, without a slash at the end; empty means this page's own origin.
 * @param {string} [options.language] In which the server should speak.
 */
export async function gatepost({ name = "gatepost", seat = "", base = "", language = "en" } = {}) {
  const api = new Api(new Credentials(storedJson(() => localStorage, `${name}.tokens`), name), { base, language });
  const device = await claimDevice(`${name}.device${seat}`);
  const chat = new Chat({ api, deviceId: device, outbox: await openOutbox(`${name}${seat}`, device) });
  return { api, chat, sessions: new SessionList(chat) };
}
